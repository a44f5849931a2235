// How the language server is found and started.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { env, Uri, window, workspace } from "vscode";
import { execFile } from "node:child_process";

export interface Command {
  command: string;
  args: string[];
}

const WINDOWS = process.platform === "win32";
const INSTALL = "pip install 'iamdsl[lsp]'";

/** The command of the settings, or the first of the usual places at which there is one. */
export async function find(): Promise<Command | undefined> {
  const given = workspace.getConfiguration("iamdsl").get<string[]>("server.command", []);
  if (given.length > 0) {
    return { command: given[0], args: given.slice(1) };
  }
  const candidates: Command[] = [];
  if (workspace.isTrusted) {
    // what lies in a folder runs only where the user trusts the folder
    for (const folder of workspace.workspaceFolders ?? []) {
      for (const name of [".venv", "venv"]) {
        const path = join(folder.uri.fsPath, name, WINDOWS ? "Scripts" : "bin", WINDOWS ? "iamdsl.exe" : "iamdsl");
        if (existsSync(path)) {
          candidates.push({ command: path, args: ["lsp"] });
        }
      }
    }
  }
  candidates.push({ command: "iamdsl", args: ["lsp"] });
  candidates.push({ command: WINDOWS ? "python" : "python3", args: ["-m", "iamdsl", "lsp"] });
  for (const candidate of candidates) {
    if (await answers(candidate)) {
      return candidate;
    }
  }
  return undefined;
}

/** Whether the program is there: it says its version. */
function answers({ command, args }: Command): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(command, [...args.slice(0, -1), "--version"], { timeout: 10_000 }, (error) => resolve(!error));
  });
}

/** Tell the user that there is no server, and what to do. */
export async function missing(): Promise<void> {
  const copy = "Copy the command";
  const settings = "Settings";
  const chosen = await window.showWarningMessage(
    `The IAM language server was not found: install it with \`${INSTALL}\`, then run "IAM: Restart the language server".`,
    copy,
    settings,
  );
  if (chosen === copy) {
    await env.clipboard.writeText(INSTALL);
  } else if (chosen === settings) {
    await env.openExternal(Uri.parse(`${env.uriScheme}://settings/iamdsl.server.command`));
  }
}
