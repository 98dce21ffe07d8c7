// The page of the template `game` in tabs of a real browser, against what `orcs new` writes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "./app.mjs";
import { servedPage } from "./page.mjs";

const page = servedPage("game", "ORCS_TEMPLATE_GAME");

/** One tab in a match, and what one can do and see there. */
class Tab {
  static async open(match = "red-fox", options = {}) {
    const tab = new Tab();
    tab.page = await page.tab({ viewport: { width: 1080, height: 720 }, ...options });
    await tab.page.goto(`${page.app.url}${match && `#${match}`}`);
    await tab.becomes("online");
    return tab;
  }

  see(testid) { return this.page.getByTestId(testid); }
  becomes(state) { return this.shows("state", state); }
  shows(testid, text) {
    return until(async () => (await this.see(testid).textContent()) === text, `${testid} shows ${text}`);
  }
  board() { return this.page.locator(".cell").evaluateAll((cells) => cells.map((cell) => cell.dataset.mark || "-").join("")); }
  stands(board) { return until(async () => (await this.board()) === board, `the board stands ${board}`); }
  async plays(cell) {
    await this.shows("status", "Your turn");
    await this.see(`cell-${cell}`).click();
  }
  async presses(key) {
    await this.shows("status", "Your turn");
    await this.page.keyboard.press(key);
  }
}

async function pair() {
  const ann = await Tab.open();
  await ann.shows("status", "Waiting for another player");
  return [ann, await Tab.open()];
}

test("two tabs play a match with the mouse, and a third one watches it", async () => {
  const [ann, bob] = await pair();
  const eve = await Tab.open();
  for (const [tab, cell] of [[ann, 0], [bob, 4], [ann, 1], [bob, 8]]) await tab.plays(cell);
  // Not his turn: nothing happens.
  await bob.shows("status", "X is at it");
  await bob.see("cell-7").click({ force: true });
  await ann.plays(2);
  for (const tab of [ann, bob, eve]) await tab.stands("XXX-O---O");
  await ann.shows("status", "You win");
  for (const tab of [bob, eve]) await tab.shows("status", "X wins");
  assert.equal(await eve.page.locator(".cell.won").count(), 3);
  await eve.shows("others", "1 watches");
  assert(await eve.see("again").isHidden());

  await bob.see("again").click();
  for (const tab of [ann, bob, eve]) await tab.stands("---------");
  await bob.shows("status", "Your turn");   // who begins changes
  assert.equal(await ann.page.locator(".seat b").first().textContent(), "1");
});

test("it can be played by keyboard alone", async () => {
  const [ann, bob] = await pair();
  await ann.presses("5");
  await ann.stands("----X----");
  await bob.shows("status", "Your turn");
  await bob.page.keyboard.press("ArrowDown");    // into the board, its first cell
  await bob.page.keyboard.press("ArrowRight");
  await bob.presses("Enter");
  await ann.stands("-O--X----");
  assert.equal(await ann.see("cell-1").getAttribute("aria-label"), "top: O");
  await ann.presses("1");
  await bob.stands("XO--X----");
});

test("a reload and a restart find the seat again", async () => {
  const [ann, bob] = await pair();
  await ann.plays(4);
  await bob.page.reload();
  await bob.becomes("online");
  await bob.plays(0);
  await ann.stands("O---X----");

  await page.app.stop("SIGTERM");
  await ann.becomes("reconnecting");
  await page.app.start();
  for (const tab of [ann, bob]) await tab.becomes("online");
  // What was played is gone with the server's memory; the two are together again.
  for (const tab of [ann, bob]) {
    await tab.stands("---------");
    await until(async () => /^(Your turn|X is at it)$/.test(await tab.see("status").textContent()), "a round begins");
  }
});

test("who comes without a match gets one of his own, and a link leads into it", async () => {
  const ann = await Tab.open("");
  await ann.shows("status", "Waiting for another player");
  const match = await ann.see("name").textContent();
  assert.match(match, /^[a-z]+-[a-z]+-\d+$/);
  assert.equal(new URL(ann.page.url()).hash, `#${match}`);
  const bob = await Tab.open(match);
  await ann.shows("status", "Your turn");
  await bob.see("fresh").click();
  await bob.shows("status", "Waiting for another player");
  await ann.shows("seat-O", "away0");
  const eve = await Tab.open(`<img src=x onerror=alert(1)>`);
  assert.match(await eve.see("name").textContent(), /^[a-z]+-[a-z]+-\d+$/);
});
