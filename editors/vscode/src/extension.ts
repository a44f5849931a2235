// The language client: starts `iamdsl lsp`, and has the few commands that the protocol has no words for.

import { ExtensionContext, ProgressLocation, commands, env, window, workspace } from "vscode";
import { LanguageClient, LanguageClientOptions } from "vscode-languageclient/node";

import { Previews, paste } from "./preview";
import { find, missing } from "./server";

let client: LanguageClient | undefined;

export async function activate(context: ExtensionContext): Promise<void> {
  const output = window.createOutputChannel("IAM sentences", { log: true });
  const previews = new Previews(() => client);

  async function start(): Promise<void> {
    const found = await find();
    if (found === undefined) {
      await missing();
      return;
    }
    output.info(`starting ${[found.command, ...found.args].join(" ")}`);
    const options: LanguageClientOptions = {
      documentSelector: [
        { scheme: "file", language: "iam" },
        { scheme: "untitled", language: "iam" },
      ],
      outputChannel: output,
      initializationOptions: { parameters: workspace.getConfiguration("iamdsl").get("parameters", {}) },
      synchronize: {
        configurationSection: "iamdsl",
        fileEvents: workspace.createFileSystemWatcher("**/{*.iam,iamdsl.toml,pyproject.toml}"),
      },
    };
    client = new LanguageClient("iamdsl", "IAM sentences", { ...found, options: {} }, options);
    await window.withProgress({ location: ProgressLocation.Window, title: "IAM: starting" }, () => client!.start());
  }

  async function stop(): Promise<void> {
    const running = client;
    client = undefined;
    await running?.dispose();
  }

  context.subscriptions.push(
    output,
    previews,
    { dispose: () => void stop() },
    commands.registerCommand("iamdsl.preview", () => previews.open()),
    commands.registerCommand("iamdsl.showOutput", () => output.show()),
    commands.registerCommand("iamdsl.restart", async () => {
      await stop();
      await start();
    }),
    commands.registerCommand("iamdsl.pasteAsSentences", async () => {
      if (client !== undefined) {
        await paste(client, await env.clipboard.readText());
      }
    }),
    workspace.onDidChangeConfiguration(async (event) => {
      if (event.affectsConfiguration("iamdsl.server.command") || event.affectsConfiguration("iamdsl.parameters")) {
        await commands.executeCommand("iamdsl.restart");
      }
    }),
    workspace.onDidGrantWorkspaceTrust(() => commands.executeCommand("iamdsl.restart")),
  );
  await start();
}

export async function deactivate(): Promise<void> {
  await client?.stop();
}
