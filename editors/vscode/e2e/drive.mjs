// Drives the packaged extension in a real VS Code: code-server in Chromium. See README.md, "In a real editor".
//
//     node e2e/drive.mjs CODE_SERVER_ENTRY CHROMIUM IAMDSL SCREENSHOT.png
//
// Exits with 1 and a reason when a squiggle, its mend, the lenses, the preview or its light does not appear.

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const [entry, chromium, iamdsl, screenshot] = process.argv.slice(2).map((one) => resolve(one));
const { chromium: browserType } = createRequire(entry)("playwright-core");
const PORT = 8643;
const PROGRAM = `account prod = 111122223333

user alice, bob
role etl for service glue
bucket datasets = "acme-datasets"

alice, bob can raed bucket datasets with mfa
etl can read and write bucket datasets
bob cannot delete bucket datasets unless mfa
`;

const home = mkdtempSync(join(tmpdir(), "iamdsl-vscode-"));
const folder = join(home, "project");
mkdirSync(join(home, "data", "User"), { recursive: true });
mkdirSync(folder);
writeFileSync(join(folder, "team.iam"), PROGRAM);
writeFileSync(join(folder, "iamdsl.toml"), "");
writeFileSync(
  join(home, "data", "User", "settings.json"),
  JSON.stringify({
    "iamdsl.server.command": [iamdsl, "lsp"],
    "security.workspace.trust.enabled": false,
    "workbench.startupEditor": "none",
    "telemetry.telemetryLevel": "off",
    "editor.inlayHints.enabled": "on",
  }),
);
const common = ["--user-data-dir", join(home, "data"), "--extensions-dir", join(home, "extensions")];
const vsix = resolve("iamdsl.vsix");
const installed = spawnSync(process.execPath, [entry, ...common, "--install-extension", vsix], { encoding: "utf8" });
if (installed.status !== 0) {
  console.error(installed.stdout + installed.stderr);
  process.exit(1);
}
const server = spawn(process.execPath, [
  entry, ...common, "--auth", "none", "--bind-addr", `127.0.0.1:${PORT}`, "--disable-telemetry", "--disable-update-check", folder,
]);
let log = "";
server.stdout.on("data", (text) => (log += text));
server.stderr.on("data", (text) => (log += text));

async function main() {
  for (let tries = 0; !log.includes("HTTP server listening"); tries++) {
    if (tries > 300) throw new Error(`code-server does not start:\n${log}`);
    await new Promise((done) => setTimeout(done, 200));
  }
  const browser = await browserType.launch({
    executablePath: chromium,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update"],
  });
  const page = await browser.newPage({ viewport: { width: 1500, height: 850 } });
  page.setDefaultTimeout(90_000);
  await page.goto(`http://127.0.0.1:${PORT}/?folder=${encodeURIComponent(folder)}`);

  const palette = async (text) => {
    await page.keyboard.press("F1");
    const input = page.locator(".quick-input-widget input[type=text]");
    await input.waitFor();
    await input.fill(`>${text}`);
    await page.locator(".quick-input-list .monaco-list-row").first().waitFor();
    await page.keyboard.press("Enter");
  };
  await page.locator(".explorer-folders-view").waitFor();
  await page.locator(".explorer-folders-view .monaco-list-row", { hasText: "team.iam" }).dblclick();
  await page.locator(".monaco-editor .view-line", { hasText: "raed" }).waitFor();
  console.log("opened");

  await page.locator(".squiggly-error").first().waitFor();
  console.log("squiggle");
  await palette("Go to Next Problem in Files");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+.");
  await page.locator(".action-widget .monaco-list-row", { hasText: "read" }).first().waitFor();
  await page.keyboard.press("Enter");
  await page.locator(".monaco-editor .view-line", { hasText: "raed" }).waitFor({ state: "detached" });
  await page.locator(".squiggly-error").first().waitFor({ state: "detached" });
  console.log("mended");

  await page.locator(".codelens-decoration", { hasText: "characters" }).first().waitFor();
  console.log("lenses");
  await palette("IAM: Show the compiled policy beside");
  const preview = page.locator(".editor-instance", { hasText: "s3:GetObject" });
  await preview.waitFor();
  console.log("preview");
  await page.locator(".monaco-editor .view-line", { hasText: "alice, bob can read" }).first().click();
  await page.locator(".editor-instance").nth(1).locator(".view-overlays [class*=ced-]").first().waitFor();
  console.log("light");
  await page.waitForTimeout(500);
  await page.screenshot({ path: screenshot });
  await browser.close();
}

main()
  .then(() => 0, (error) => (console.error(String(error)), 1))
  .then((status) => {
    server.kill();
    process.exit(status);
  });
