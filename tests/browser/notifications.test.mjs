// The page of the template `notifications` in tabs of a real browser, against what `orcs new` writes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "./app.mjs";
import { servedPage } from "./page.mjs";

const page = servedPage("notifications", "ORCS_TEMPLATE_NOTIFICATIONS");

/** One user's tab, and what one can do and see there. */
class Tab {
  static async open(token = undefined, options = {}) {
    const tab = new Tab();
    tab.page = await page.tab({ viewport: { width: 1180, height: 760 }, ...options });
    await tab.page.goto(page.app.url);
    if (token) await tab.signIn(token);
    return tab;
  }

  static as(user, options) { return Tab.open(page.app.token({ sub: user }), options); }

  see(testid) { return this.page.getByTestId(testid); }
  async signIn(token) {
    await this.see("token").fill(token);
    await this.see("sign-in").click();
    await this.becomes("online");
  }
  becomes(state) { return this.shows("state", state); }
  shows(testid, text) {
    return until(async () => (await this.see(testid).textContent()).includes(text), `${testid} shows ${text}`);
  }
  /** The texts of the inbox, newest first. */
  inbox() { return this.page.locator("[data-testid=news] .text").allTextContents(); }
  reads(...texts) {
    return until(async () => JSON.stringify(await this.inbox()) === JSON.stringify(texts), `the inbox reads ${texts}`);
  }
  unread(count) {
    return until(async () => (await this.see("count").textContent()) === String(count)
      && (await this.page.locator(".news.unread").count()) === count, `${count} are unread`);
  }
  async notify(to, text) {
    await this.see("to").fill(to);
    await this.see("text").fill(text);
    await this.see("send").click();
  }
}

test("a notification arrives in the other user's tabs, and nowhere else", async () => {
  const [ann, phone, bob] = [await Tab.as("ann"), await Tab.as("ann"), await Tab.as("bob")];
  assert.equal(await ann.see("who").textContent(), "ann");
  await bob.notify("ann", "Lunch?");
  await bob.shows("note-said", "Sent, to 2 devices.");
  for (const tab of [ann, phone]) {
    await tab.reads("Lunch?");
    await tab.unread(1);
    assert.equal(await tab.page.locator(".news b").textContent(), "bob");
    assert.equal(await tab.page.title(), "(1) orcs notifications");
  }
  assert.deepEqual(await bob.inbox(), []);
});

test("what is read in one tab is read in the other", async () => {
  const bob = await Tab.as("bob");
  for (const text of ["one", "two", "three"]) {
    await bob.notify("ann", text);
    await bob.shows("note-said", "Kept until ann comes.");
    await until(async () => (await bob.see("text").inputValue()) === "", "it was sent");
  }
  const [ann, phone] = [await Tab.as("ann"), await Tab.as("ann")];
  await phone.reads("three", "two", "one");
  await phone.unread(3);
  await ann.page.getByRole("button", { name: "Mark read: bob, two" }).click();
  for (const tab of [ann, phone]) await tab.unread(2);
  await phone.see("read-all").press("Enter");
  for (const tab of [ann, phone]) await tab.unread(0);
  assert.equal(await ann.page.title(), "orcs notifications");
});

test("it comes back by itself after a restart, still signed in", async () => {
  const [ann, bob] = [await Tab.as("ann"), await Tab.as("bob")];
  await page.app.stop("SIGTERM");
  await ann.becomes("reconnecting");
  await page.app.start();
  for (const tab of [ann, bob]) await tab.becomes("online");
  await bob.notify("ann", "are you back?");
  await ann.reads("are you back?");
  await ann.page.reload();
  await ann.becomes("online");
  await ann.reads("are you back?");
});

test("a wrong token is told, and who signs out is forgotten", async () => {
  const tab = await Tab.open();
  await tab.see("token").fill("hello");
  await tab.see("sign-in").click();
  await tab.shows("door-said", "That is no token");
  await tab.see("token").fill("not.a.token");
  await tab.see("token").press("Enter");
  await tab.shows("door-said", "does not know this token");
  await tab.becomes("signed out");
  await tab.signIn(page.app.token({ sub: "ann" }));
  await tab.page.getByRole("button", { name: "Sign out" }).click();
  await tab.becomes("signed out");
  await tab.page.reload();
  await tab.becomes("signed out");
});

test("what others write is shown as text, whatever it is", async () => {
  const html = `<img src=x onerror="alert(1)"><script>alert(2)</script>`;
  const eve = await Tab.as(`<b onclick=alert(3)>eve</b>`);
  const ann = await Tab.as("ann");
  await eve.notify("ann", html);
  await ann.reads(html);
  assert.equal(await ann.page.locator(".news b").textContent(), `<b onclick=alert(3)>eve</b>`);
  assert.equal(await ann.page.locator(".news img, .news script").count(), 0);
  await eve.notify("..", "to nobody");
  await eve.shows("note-said", "Not sent");
});
