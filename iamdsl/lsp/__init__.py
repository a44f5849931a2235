"""The language server: `iamdsl.editor` over the Language Server Protocol. Places are in UTF-16 here, and only here."""
