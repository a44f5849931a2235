// The compiled documents beside the source: a read-only JSON document that follows the cursor, and that the cursor follows back.

import {
  Disposable,
  EventEmitter,
  Position,
  Range,
  TextDocument,
  TextDocumentContentProvider,
  TextEditor,
  TextEditorRevealType,
  TextEditorSelectionChangeKind,
  ThemeColor,
  Uri,
  ViewColumn,
  commands,
  languages,
  window,
  workspace,
} from "vscode";
import { LanguageClient, Range as LspRange } from "vscode-languageclient/node";

const SCHEME = "iamdsl-preview";
const PAUSE = 150; // milliseconds that typing rests before the preview is made anew

/** One place of the source and what it became. */
interface Link {
  uri: string;
  source: LspRange;
  compiled: LspRange;
}

/** What the server's `iamdsl.documents` answers: all documents in one text, and where each sentence went. */
interface Preview {
  text: string;
  links: Link[];
}

export class Previews implements TextDocumentContentProvider, Disposable {
  private readonly changed = new EventEmitter<Uri>();
  readonly onDidChange = this.changed.event;
  private readonly shown = new Map<string, Preview>(); // by the preview's URI
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly lit = window.createTextEditorDecorationType({
    backgroundColor: new ThemeColor("editor.wordHighlightStrongBackground"),
    isWholeLine: true,
    overviewRulerColor: new ThemeColor("editorOverviewRuler.wordHighlightStrongForeground"),
  });
  private readonly disposables: Disposable[];

  constructor(private readonly client: () => LanguageClient | undefined) {
    this.disposables = [
      workspace.registerTextDocumentContentProvider(SCHEME, this),
      workspace.onDidChangeTextDocument((event) => this.later(event.document)),
      workspace.onDidCloseTextDocument((document) => this.shown.delete(document.uri.toString())),
      window.onDidChangeTextEditorSelection((event) => {
        if (event.kind !== TextEditorSelectionChangeKind.Command) {
          this.follow(event.textEditor);
        }
      }),
      this.changed,
      this.lit,
    ];
  }

  dispose(): void {
    for (const timer of this.timers.values()) {
      clearTimeout(timer);
    }
    Disposable.from(...this.disposables).dispose();
  }

  /** Open the preview of the program in the active editor. */
  async open(): Promise<void> {
    const editor = window.activeTextEditor;
    if (editor?.document.languageId !== "iam") {
      return;
    }
    const document = await workspace.openTextDocument(previewOf(editor.document.uri));
    await languages.setTextDocumentLanguage(document, "json");
    await window.showTextDocument(document, { viewColumn: ViewColumn.Beside, preserveFocus: true, preview: true });
    this.follow(editor);
  }

  async provideTextDocumentContent(uri: Uri): Promise<string> {
    const client = this.client();
    if (client === undefined) {
      return "The language server is not running.\n";
    }
    const found = await client.sendRequest<Preview | null>("workspace/executeCommand", {
      command: "iamdsl.documents",
      arguments: [sourceOf(uri).toString()],
    });
    if (found === null) {
      // errors stand in the source: what was compiled last stays
      return this.shown.get(uri.toString())?.text ?? "Nothing to show while the program has errors.\n";
    }
    this.shown.set(uri.toString(), found);
    return found.text;
  }

  private later(document: TextDocument): void {
    if (document.languageId !== "iam") {
      return;
    }
    for (const open of workspace.textDocuments) {
      if (open.uri.scheme === SCHEME) {
        const key = open.uri.toString();
        clearTimeout(this.timers.get(key));
        this.timers.set(key, setTimeout(() => this.changed.fire(open.uri), PAUSE));
      }
    }
  }

  /** Light up, on the other side, what belongs to the line with the cursor. */
  private follow(editor: TextEditor): void {
    const here = editor.document.uri;
    const line = editor.selection.active.line;
    if (here.scheme === SCHEME) {
      const links = this.shown.get(here.toString())?.links ?? [];
      const hit = links.filter((link) => holds(link.compiled, line));
      for (const other of window.visibleTextEditors.filter((one) => one.document.languageId === "iam")) {
        const those = hit.filter((link) => Uri.parse(link.uri).toString() === other.document.uri.toString());
        this.light(other, those.map((link) => link.source));
      }
    } else if (editor.document.languageId === "iam") {
      editor.setDecorations(this.lit, []);
      for (const other of window.visibleTextEditors.filter((one) => one.document.uri.scheme === SCHEME)) {
        const links = this.shown.get(other.document.uri.toString())?.links ?? [];
        const those = links.filter((link) => Uri.parse(link.uri).toString() === here.toString() && holds(link.source, line));
        this.light(other, those.map((link) => link.compiled));
      }
    }
  }

  private light(editor: TextEditor, ranges: LspRange[]): void {
    const shown = ranges.map(
      ({ start, end }) => new Range(new Position(start.line, start.character), new Position(end.line, end.character)),
    );
    editor.setDecorations(this.lit, shown);
    if (shown.length > 0) {
      editor.revealRange(shown[0], TextEditorRevealType.InCenterIfOutsideViewport);
    }
  }
}

function holds(range: LspRange, line: number): boolean {
  return range.start.line <= line && line <= range.end.line;
}

function previewOf(source: Uri): Uri {
  return Uri.from({ scheme: SCHEME, path: `${source.path}.json`, query: source.toString() });
}

function sourceOf(preview: Uri): Uri {
  return Uri.parse(preview.query);
}

/** Turn the JSON on the clipboard into sentences where the cursor is. */
export async function paste(client: LanguageClient, json: string): Promise<void> {
  const editor = window.activeTextEditor;
  if (editor?.document.languageId !== "iam") {
    return;
  }
  try {
    const text = await client.sendRequest<string | null>("workspace/executeCommand", {
      command: "iamdsl.sentences",
      arguments: [json, editor.document.uri.toString()],
    });
    if (text) {
      await editor.edit((edit) => edit.replace(editor.selection, text));
    }
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const anyway = "Paste as it is";
    if ((await window.showErrorMessage(`This cannot be said in sentences: ${said}`, anyway)) === anyway) {
      await commands.executeCommand("editor.action.clipboardPasteAction");
    }
  }
}
