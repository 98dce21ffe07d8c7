// A headless Chromium, and one tab of it.

import { chromium } from "playwright-core";

/** The browser of CHROMIUM in the environment. */
export const launch = () => chromium.launch({
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  // As root, as in most containers, it has no sandbox; the rest is silence.
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
});
