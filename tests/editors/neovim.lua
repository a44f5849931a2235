-- What a user does in Neovim, without a screen: `nvim --headless --clean -l neovim.lua FOLDER FILE`.
-- FOLDER is the user's configuration, FILE a program. Prints what was seen as JSON.

local config, file = arg[1], arg[2]
vim.opt.runtimepath:prepend(config)
vim.opt.swapfile = false
vim.cmd("filetype plugin on | syntax on")
vim.cmd.runtime("ftdetect/iam.vim")
vim.lsp.enable("iamdsl")

local seen = {}

local function lines()
  return vim.api.nvim_buf_get_lines(0, 0, -1, false)
end

local function wait(what, condition, seconds)
  if not vim.wait((seconds or 30) * 1000, condition, 20) then
    io.stderr:write("waited in vain for " .. what .. "\n" .. vim.inspect(seen) .. "\n" .. table.concat(lines(), "\n") .. "\n")
    os.exit(1)
  end
end

local function row_of(pattern)
  for number, line in ipairs(lines()) do
    if line:find(pattern) then
      return number, line:find(pattern)
    end
  end
  error("no line with " .. pattern)
end

local function at(pattern)
  local row, column = row_of(pattern)
  vim.api.nvim_win_set_cursor(0, { row, column - 1 })
end

local function request(method, params)
  local found = vim.lsp.buf_request_sync(0, method, params, 30000)
  for _, answer in pairs(found or {}) do
    if answer.err then
      error(method .. ": " .. vim.inspect(answer.err))
    end
    return answer.result
  end
end

local function here()
  return vim.lsp.util.make_position_params(0, "utf-16")
end

vim.cmd.edit(file)
seen.filetype = vim.bo.filetype
seen.syntax = vim.fn.synIDattr(vim.fn.synID(row_of("can read"), ({ row_of("can read") })[2], 1), "name")
wait("the server", function()
  return #vim.lsp.get_clients({ bufnr = 0 }) > 0 and vim.lsp.get_clients({ bufnr = 0 })[1].initialized
end)
local client = vim.lsp.get_clients({ bufnr = 0 })[1]
seen.encoding = client.offset_encoding

-- diagnostics, and the mend that goes with one
wait("a finding", function()
  return #vim.diagnostic.get(0) > 0
end)
seen.diagnostics = vim.tbl_map(function(one)
  return { code = one.code, line = one.lnum + 1, column = one.col, message = one.message }
end, vim.diagnostic.get(0))

local finding = vim.diagnostic.get(0, { severity = vim.diagnostic.severity.ERROR })[1]
local range = {
  start = { line = finding.lnum, character = finding.col },
  ["end"] = { line = finding.end_lnum, character = finding.end_col },
}
local actions = request("textDocument/codeAction", {
  textDocument = vim.lsp.util.make_text_document_params(0),
  range = range,
  context = { diagnostics = { finding.user_data.lsp }, only = { "quickfix" } },
})
seen.actions = vim.tbl_map(function(one)
  return one.title
end, actions)
local mend = vim.iter(actions):find(function(one)
  return one.isPreferred
end) or actions[1]
vim.api.nvim_win_set_cursor(0, { finding.lnum + 1, finding.col })
vim.lsp.buf.code_action({
  apply = true,
  filter = function(one)
    return one.title == mend.title
  end,
})
wait("the findings to go", function()
  return #vim.diagnostic.get(0, { severity = vim.diagnostic.severity.ERROR }) == 0
end)
seen.mended = lines()[finding.lnum + 1]

-- hover
at("read bucket datasets")
local hover = request("textDocument/hover", here())
seen.hover = hover and hover.contents.value

-- completion
vim.api.nvim_buf_set_lines(0, -1, -1, false, { "alice can read bu" })
vim.api.nvim_win_set_cursor(0, { vim.api.nvim_buf_line_count(0), #"alice can read bu" })
local position = here()
position.position.character = #"alice can read bu"
local offered = request("textDocument/completion", position)
seen.completion = vim.tbl_map(function(one)
  return one.label
end, offered.items or offered)
vim.api.nvim_buf_set_lines(0, -2, -1, false, {})

-- rename
at("datasets = ")
vim.lsp.buf.rename("corpora")
wait("the rename", function()
  return table.concat(lines(), "\n"):find("read bucket corpora") ~= nil
end)
seen.renamed = not table.concat(lines(), "\n"):find("bucket datasets")

-- definition and references
at("corpora")
seen.references = #(request("textDocument/references", vim.tbl_extend("error", here(), { context = { includeDeclaration = true } })) or {})

-- formatting
vim.api.nvim_buf_set_lines(0, -1, -1, false, { "alice   can  list   bucket   corpora" })
vim.lsp.buf.format({ timeout_ms = 30000 })
seen.formatted = lines()[vim.api.nvim_buf_line_count(0)]

-- inlay hints and lenses
vim.lsp.inlay_hint.enable(true, { bufnr = 0 })
wait("a hint", function()
  return #vim.lsp.inlay_hint.get({ bufnr = 0 }) > 0
end)
seen.hint = vim.lsp.inlay_hint.get({ bufnr = 0 })[1].inlay_hint.label
local lenses
wait("a lens", function()
  vim.lsp.codelens.refresh({ bufnr = 0 })
  vim.wait(200)
  lenses = vim.lsp.codelens.get(0)
  return #lenses > 0 and lenses[1].command ~= nil
end)
seen.lenses = vim.tbl_map(function(one)
  return one.command and one.command.title
end, lenses)

-- symbols, folds
seen.symbols = #(request("textDocument/documentSymbol", { textDocument = vim.lsp.util.make_text_document_params(0) }) or {})
seen.folds = #(request("textDocument/foldingRange", { textDocument = vim.lsp.util.make_text_document_params(0) }) or {})

io.stdout:write(vim.json.encode(seen) .. "\n")
vim.lsp.stop_client(vim.lsp.get_clients())
vim.wait(5000, function()
  return #vim.lsp.get_clients() == 0
end)
os.exit(0)
