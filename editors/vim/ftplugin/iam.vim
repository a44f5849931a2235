" Settings for sentences about AWS IAM.
if exists("b:did_ftplugin")
  finish
endif
let b:did_ftplugin = 1

setlocal commentstring=#\ %s comments=:##,:#
setlocal expandtab shiftwidth=4 softtabstop=4
setlocal formatoptions-=t formatoptions+=croql
" names hold these characters, as ARNs and paths do
setlocal iskeyword=@,48-57,_,-,.,/,*,?,:,@-@,+
setlocal suffixesadd=.iam
setlocal include=^\\s*import
if executable("iamdsl")
  setlocal formatprg=iamdsl\ format\ -
  setlocal makeprg=iamdsl\ check\ --output-format\ concise\ %:S
  setlocal errorformat=%f:%l:%c:\ %trror\ %m,%f:%l:%c:\ %tarning\ %m,%f:%l:%c:\ %m
endif

let b:undo_ftplugin = "setlocal commentstring< comments< expandtab< shiftwidth< softtabstop< formatoptions<"
      \ . " iskeyword< suffixesadd< include< formatprg< makeprg< errorformat<"
