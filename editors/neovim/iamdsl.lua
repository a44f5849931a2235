-- Neovim 0.11 and newer: put this file into ~/.config/nvim/lsp/ and say `vim.lsp.enable("iamdsl")` in init.lua.
return {
  cmd = { "iamdsl", "lsp" },
  filetypes = { "iam" },
  root_markers = { "iamdsl.toml", "pyproject.toml", ".git" },
}
