autocmd BufRead,BufNewFile *.iam setfiletype iam
