// What the tests of a page share: a browser, the app anew for each test, and tabs that are heard.

import assert from "node:assert/strict";
import { resolve } from "node:path";
import { after, afterEach, before, beforeEach } from "node:test";
import { App, ROOT } from "./app.mjs";
import { launch } from "./browser.mjs";

/**
 * Serves the page that tests are about: the showcase's, or that of a template, whose program the
 * environment variable `program` names. Nothing that a page says of itself may be heard in a test.
 */
export function servedPage(template, program) {
  const page = {
    app: undefined,
    browser: undefined,
    problems: [],

    /** A new tab in a context of its own; `prepare` sees it before anything is loaded. */
    async tab(options, prepare = async () => {}) {
      const context = await page.browser.newContext(options);
      const tab = await context.newPage();
      await prepare(tab);
      tab.on("pageerror", (error) => page.problems.push(error.stack));
      tab.on("dialog", (dialog) => {
        page.problems.push(`dialog: ${dialog.message()}`);
        dialog.dismiss();
      });
      return tab;
    },
  };
  const where = template ? [{}, program, resolve(ROOT, "templates", template)] : [];
  before(async () => { page.browser = await launch(); });
  beforeEach(async () => {
    page.app = await App.start(...where);
    page.problems = [];
  });
  afterEach(async () => {
    for (const context of page.browser.contexts()) await context.close();
    await page.app.stop();
    assert.deepEqual(page.problems, []);
  });
  after(() => page.browser.close());
  return page;
}
