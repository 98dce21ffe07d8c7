// The chat page in two tabs of a real browser, against the real showcase.
//
// The picture in the docs is made here, too:
//
//     apt-get install fonts-inter fonts-noto-color-emoji
//     SCREENSHOT=docs/chat.png cargo xtask test --only browser

import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ROOT, until } from "./app.mjs";
import { servedPage } from "./page.mjs";

const page = servedPage();

/** One reader's tab, and what one can do and see there. */
class Tab {
  static async open(options = {}, prepare = async () => {}) {
    const tab = new Tab();
    tab.page = await page.tab({ viewport: { width: 1280, height: 800 }, ...options }, prepare);
    await tab.page.goto(page.app.url);
    await tab.becomes("online");
    return tab;
  }

  see(testid) { return this.page.getByTestId(testid); }
  texts(testid) { return this.see(testid).allTextContents(); }
  becomes(state) { return until(async () => (await this.see("state").textContent()) === state, `a tab is ${state}`); }
  reads(text, from) {
    const messages = this.page.locator(`[data-testid=message][data-from=${from}]`);
    return until(async () => (await messages.allTextContents()).includes(text), `${from} reads ${text}`);
  }
  notices(pattern) {
    return until(async () => (await this.texts("notice")).some((notice) => pattern.test(notice)), `a notice like ${pattern}`);
  }
  async name() { return (await this.page.locator("#me .author").textContent()).trim(); }

  async say(text) {
    await this.see("composer").fill(text);
    await this.see("composer").press("Enter");
  }
  async join(room) {
    await this.see("join-room").fill(room);
    await this.see("join-room").press("Enter");
    await this.is(room);
  }
  async open(room) {
    await this.see(`room-${room}`).getByRole("button").first().click();
    await this.is(room);
  }
  is(room) { return until(async () => (await this.page.locator("#title").textContent()) === room, `#${room} is open`); }
}

test("two tabs come online and talk, and each sees its own line once", async () => {
  const [ann, bob] = [await Tab.open(), await Tab.open()];
  await ann.say("Hello from the first tab");
  await bob.reads("Hello from the first tab", "other");
  await bob.say("Hello from the second");
  await ann.reads("Hello from the second", "other");
  for (const [tab, froms] of [[ann, ["me", "other"]], [bob, ["other", "me"]]]) {
    assert.deepEqual(await tab.texts("message"), ["Hello from the first tab", "Hello from the second"]);
    assert.deepEqual(await tab.see("message").evaluateAll((lines) => lines.map((line) => line.dataset.from)), froms);
  }
});

test("who comes and goes is announced to the others, and to nobody else", async () => {
  const ann = await Tab.open();
  const bob = await Tab.open();
  const name = await bob.name();
  await ann.notices(new RegExp(`^${name} joined$`));
  await bob.page.context().close();
  await ann.notices(new RegExp(`^${name} left$`));
  // The server tells a joiner of its own join.
  await ann.join("rust");
  await ann.say("anybody here?");
  await ann.reads("anybody here?", "me");
  assert.deepEqual(await ann.texts("notice"), []);
});

test("who is typing is shown, until the message is there", async () => {
  const [ann, bob] = [await Tab.open(), await Tab.open()];
  const name = await bob.name();
  await bob.see("composer").pressSequentially("I think");
  await until(async () => (await ann.see("typing").textContent()).trim() === `${name} is typing`, "typing is shown");
  assert.equal((await bob.see("typing").textContent()).trim(), "");
  await bob.see("composer").press("Enter");
  await ann.reads("I think", "other");
  assert.equal((await ann.see("typing").textContent()).trim(), "");
});

test("a second room is a conversation of its own", async () => {
  const [ann, bob, cleo] = [await Tab.open(), await Tab.open(), await Tab.open()];
  await ann.join("rust");
  await bob.join("rust");
  await ann.notices(new RegExp(`^${await bob.name()} joined$`));
  await ann.say("only for rust");
  await bob.reads("only for rust", "other");
  await cleo.say("for everybody");
  await until(async () => (await bob.see("room-general").getByTestId("unread").textContent()) === "1", "general has news");
  assert.deepEqual(await bob.texts("message"), ["only for rust"]);
  await bob.open("general");
  await bob.reads("for everybody", "other");
  assert.deepEqual(await cleo.texts("message"), ["for everybody"]);
});

test("HTML stays text", async () => {
  const [ann, bob] = [await Tab.open(), await Tab.open()];
  const evil = `<img src=x onerror="alert(1)"><script>alert(2)</script><b>bold</b>`;
  await ann.say(evil);
  await bob.reads(evil, "other");
  await ann.reads(evil, "me");
  for (const { page } of [ann, bob]) assert.equal(await page.locator(".messages :is(img, script, b)").count(), 0);
});

test("the app stops and starts again: both tabs come back into their rooms", async () => {
  const [ann, bob] = [await Tab.open(), await Tab.open()];
  for (const tab of [ann, bob]) await tab.join("rust");
  await page.app.stop();
  for (const tab of [ann, bob]) await tab.becomes("reconnecting");
  await ann.see("composer").fill("kept while away");
  await page.app.start();
  for (const tab of [ann, bob]) await tab.becomes("online");
  const members = async () => (await (await fetch(`${page.app.url}rooms/rust/info`)).json()).connections;
  await until(async () => (await members()) === 2, "both rejoined");
  await ann.see("composer").press("Enter");
  await bob.reads("kept while away", "other");
  await bob.say("welcome back");
  await ann.reads("welcome back", "other");
});

test("told that the server restarts, a tab is back in its rooms within a moment", async () => {
  const opened = [];
  const bob = await Tab.open();
  const ann = await Tab.open({}, async (page) => {
    // Told so in the server's place: who is told by the server itself must have it start again.
    await page.routeWebSocket(/\/ws\/chat$/, (socket) => {
      opened.push({ at: performance.now(), socket, server: socket.connectToServer() });
    });
  });
  for (const tab of [ann, bob]) await tab.join("rust");
  const members = async () => (await (await fetch(`${page.app.url}rooms/rust/info`)).json()).connections;
  const delays = [];
  for (let round = 1; round <= 4; round++) {
    await sleep(400);   // a server that hangs up on whom it greets is another matter
    const told = performance.now();
    const { socket, server } = opened.at(-1);
    await socket.close({ code: 1012, reason: "the server restarts" });
    await server.close();
    await until(() => opened.length > round, "it connects again");
    delays.push(opened.at(-1).at - told);
    await ann.becomes("online");
    await until(async () => (await members()) === 2, "it has rejoined");
  }
  assert(Math.max(...delays) < 800, `each within 0.3 s, and what a busy machine adds: ${delays}`);
  assert(new Set(delays.map(Math.round)).size > 1, `not all at the same moment: ${delays}`);
  await ann.open("rust");
  await bob.open("rust");
  await ann.say("still here");
  await bob.reads("still here", "other");
});

// --------------------------------------------------------------------- the picture

if (process.env.SCREENSHOT) {
  test("a lively conversation, as a picture", async () => {
    const ann = await Tab.open({ deviceScaleFactor: 2, colorScheme: "light", reducedMotion: "reduce" });
    await ann.page.addStyleTag({ content: "body { font-family: Inter, system-ui, sans-serif }" });
    const [bob, cleo] = [await Tab.open(), await Tab.open()];
    const say = async (tab, text) => {
      await tab.say(text);
      for (const other of [ann, bob, cleo]) {
        await other.page.locator("[data-testid=message]", { hasText: text }).waitFor({ state: "attached" });
      }
    };
    for (const tab of [ann, bob, cleo]) await tab.join("rust");
    await say(bob, "Rooms work: client.join(\"rust\"), and everybody in it hears you.");
    await say(ann, "That was one line?");
    await say(bob, "One line. Leaving is one, too.");
    await say(cleo, "I just killed the server under my open tabs 🙈");
    await say(cleo, "All of them came back, into the same rooms.");
    await say(ann, "Nice. Who writes the docs?");
    await say(cleo, "They are examples that run. I will show you after lunch.");
    await say(ann, "Lunch! 🍜");

    for (const tab of [bob, cleo]) await tab.open("general");
    await bob.say("Noodles in ten minutes?");
    await cleo.say("I am in.");
    await until(async () => (await ann.see("room-general").getByTestId("unread").textContent()) === "2", "general has news");
    await bob.open("rust");
    // The page says so at most every two seconds, and it did in the other room.
    await until(async () => {
      await bob.see("composer").pressSequentially("m");
      return /typing/.test(await ann.see("typing").textContent());
    }, "typing is shown");
    const path = resolve(ROOT, process.env.SCREENSHOT);
    const picture = await ann.page.screenshot({ path });
    assert(picture.length < 400_000, `${path} has ${picture.length} bytes`);
  });
}
