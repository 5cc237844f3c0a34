import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { labelled, scratchFolder, succeed } from "../support/scratch.ts";

/** The HTML report in a real browser, where one is installed: the page is a program, and only a browser runs it. */
const browserPath = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
].find((path) => existsSync(path));
if (browserPath === undefined) {
  process.stderr.write("test/browser: SKIPPED, no Chromium is installed (looked for /usr/bin/chromium and others)\n");
}

const scratch = scratchFolder();
const hostile = `<img src=x onerror="alert(1)"></script><script>alert(2)</script>`;

describe.skipIf(browserPath === undefined)("the HTML report in a browser", () => {
  let browser: Browser;
  /** Whatever a page complains about or asks the network for. */
  let noise: string[];

  beforeAll(async () => {
    const calibration = ["calibrate", ...labelled, "-e", "0.05", "--meta", `owner=${hostile}`];
    await succeed([...calibration, "--report", scratch.path("calibrate.html"), "-o", scratch.path("threshold.json")]);
    const sweep = ["sweep", ...labelled, "-e", "0.02:0.2:0.02", "--risk", "prediction-gap,brier-gap"];
    await succeed([...sweep, "--trials", "10", "--calibration-size", "200", "--report", scratch.path("sweep.html")]);
    await succeed(["sweep", ...labelled, "-e", "0.05", "--report", scratch.path("one-level.html")]);
    browser = await chromium.launch({
      executablePath: browserPath as string,
      args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    });
  }, 120_000);

  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
  });

  afterAll(async () => {
    await browser?.close();
  });

  async function opened(name: string, options: BrowserContextOptions = {}): Promise<Page> {
    const page = await (await browser.newContext(options)).newPage();
    noise = [];
    page.on("console", (message) => noise.push(`console: ${message.text()}`));
    page.on("pageerror", (error) => noise.push(`error: ${error.message}`));
    page.on("dialog", (dialog) => noise.push(`dialog: ${dialog.message()}`));
    const address = pathToFileURL(scratch.path(name)).href;
    page.on("request", (request) => {
      if (request.url() !== address && !request.url().startsWith("data:")) noise.push(`request: ${request.url()}`);
    });
    await page.goto(address);
    return page;
  }

  it("the slider moves λ̂, risk, saving and the marks of every figure, by keyboard too", async () => {
    const page = await opened("calibrate.html");
    const cells = () => page.locator(".levels tbody td").allTextContents();
    expect(await page.locator(".slider output").textContent()).toBe("0.05");
    const before = await cells();
    expect(before[0]).toBe("0.4429802894592285");
    const cursor = () => page.locator(".cursor").first().getAttribute("d");
    const mark = await cursor();
    await page.locator(".slider input").focus();
    await page.keyboard.press("End");
    expect(await page.locator(".slider output").textContent()).toBe("0.1");
    const after = await cells();
    for (const column of [0, 1, 2, 3]) expect(after[column]).not.toBe(before[column]);
    expect(await page.locator(".levels caption").textContent()).toBe("At ε = 0.1");
    expect(await cursor()).not.toBe(mark);
    expect(await page.locator(".slider input").getAttribute("aria-valuetext")).toBe("ε = 0.1");
    await page.keyboard.press("Home");
    expect((await cells())[0]).toBe("never exit");
    expect(noise).toEqual([]);
  });

  it("one slider moves the tables of every risk of a sweep", async () => {
    const page = await opened("sweep.html");
    expect(await page.locator(".levels").count()).toBe(2);
    const second = page.locator(".levels").nth(1).locator("tbody td").first();
    const before = await second.textContent();
    await page.locator(".slider input").fill("8");
    expect(await second.textContent()).not.toBe(before);
    expect(await page.locator(".slider").count()).toBe(1);
    expect(noise).toEqual([]);
  });

  it("shows values under the pointer and for the arrow keys", async () => {
    const page = await opened("sweep.html");
    const plot = page.locator(".plot").first();
    const tip = plot.locator(".tip");
    await plot.hover({ position: { x: 200, y: 180 } });
    await expect.poll(() => tip.textContent()).toMatch(/ε 0\.\d+, .*risk .*\s±\s.*saving /);
    await page.mouse.move(0, 0);
    expect(await tip.isVisible()).toBe(false);
    await plot.focus();
    await page.keyboard.press("ArrowRight");
    expect(await tip.textContent()).toMatch(/^naive ε 0\.02,/);
    await page.keyboard.press("ArrowRight");
    expect(await tip.textContent()).toMatch(/^naive ε 0\.04,/);
    await page.keyboard.press("ArrowDown");
    expect(await tip.textContent()).toMatch(/^crc:first-failure ε 0\.04,/);
    await page.keyboard.press("Escape");
    expect(await tip.isVisible()).toBe(false);
    expect(noise).toEqual([]);
  });

  it("has a light and a dark side that the button switches", async () => {
    const page = await opened("calibrate.html", { colorScheme: "dark" });
    const paper = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
    const dark = await paper();
    await page.locator("#theme").click();
    const light = await paper();
    expect([dark, light]).toEqual(["rgb(22, 25, 29)", "rgb(255, 255, 255)"]);
    await page.locator("#theme").click();
    expect(await paper()).toBe(dark);
    expect(noise).toEqual([]);
  });

  it.each(["calibrate.html", "sweep.html", "one-level.html"])("%s fits a phone", async (name) => {
    const page = await opened(name, { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(390);
    await page.locator(".plot").first().tap();
    expect(noise).toEqual([]);
  });

  it("shows one level without a slider, and every name as text", async () => {
    expect(await (await opened("one-level.html")).locator(".slider").count()).toBe(0);
    expect(noise).toEqual([]);
    const page = await opened("calibrate.html");
    expect(await page.locator("footer dd").first().textContent()).toBe(hostile);
    expect(await page.locator("img").count()).toBe(0);
    expect(noise).toEqual([]);
  });

  it("is whole without a script", async () => {
    const page = await opened("calibrate.html", { javaScriptEnabled: false });
    expect(await page.locator(".slider").isVisible()).toBe(false);
    expect(await page.locator(".levels tbody td").first().textContent()).toBe("0.4429802894592285");
    expect(await page.locator("figure svg").count()).toBe(7);
  });
});
