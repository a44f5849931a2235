;;; iamdsl-mode.el --- Sentences that compile to AWS IAM policy  -*- lexical-binding: t; -*-

;; Package-Requires: ((emacs "28.1"))
;; Keywords: languages, aws
;; Version: 0.1.0

;;; Commentary:

;; Colours for .iam files, and the language server `iamdsl lsp' through Eglot (part of Emacs 29; a package of Emacs 28):
;;
;;     (add-to-list 'load-path "/path/to/editors/emacs")
;;     (require 'iamdsl-mode)
;;     (add-hook 'iamdsl-mode-hook #'eglot-ensure)

;;; Code:

(require 'iamdsl-words)

(defgroup iamdsl nil
  "Sentences that compile to AWS IAM policy."
  :group 'languages)

(defcustom iamdsl-server-command '("iamdsl" "lsp")
  "The command that starts the language server, as a list of strings."
  :type '(repeat string))

(defvar eglot-server-programs)

(defvar iamdsl-mode-syntax-table
  (let ((table (make-syntax-table)))
    (modify-syntax-entry ?# "<" table)
    (modify-syntax-entry ?\n ">" table)
    (modify-syntax-entry ?\" "\"" table)
    (modify-syntax-entry ?\\ "\\" table)
    ;; names hold these, as ARNs and paths do
    (dolist (character '(?_ ?- ?. ?/ ?* ?? ?: ?@ ?+))
      (modify-syntax-entry character "_" table))
    table)
  "Syntax table of `iamdsl-mode'.")

(defun iamdsl--words (words)
  "A regexp that matches one of WORDS and nothing longer."
  (concat "\\_<" (regexp-opt words) "\\_>"))

(defvar iamdsl-font-lock-keywords
  `(("\\_<\\(?:can\\|cannot\\)[ \t]+\\([a-z][a-z-]*\\)\\_>" 1 font-lock-function-name-face)
    ("\\_<verb[ \t]+\\([^ \t\n]+\\)" 1 font-lock-function-name-face)
    (,(concat "^[ \t]*" (regexp-opt iamdsl-words-declaring) "[ \t]+\\(?:\\(?:can\\|cannot\\)\\_>\\|\\([^ \t\n,={\"]+\\)\\)")
     1 font-lock-variable-name-face nil t)
    ("\\_<arn:[^] \t\n,;\"()[]+" . font-lock-constant-face)
    ("\\_<[a-z][a-z0-9-]*:[A-Z*][A-Za-z0-9*?]*\\_>" . font-lock-builtin-face)
    ("\\${[^}\n]*}\\|{[A-Za-z_][A-Za-z0-9_-]*}" 0 font-lock-preprocessor-face t)
    (,(iamdsl--words iamdsl-words-effect) . font-lock-keyword-face)
    (,(iamdsl--words iamdsl-words-logic) . font-lock-keyword-face)
    (,(iamdsl--words iamdsl-words-noun) . font-lock-type-face)
    (,(iamdsl--words iamdsl-words-clause) . font-lock-keyword-face))
  "What `iamdsl-mode' colours.")

;;;###autoload
(define-derived-mode iamdsl-mode prog-mode "IAM"
  "Major mode for sentences that compile to AWS IAM policy."
  (setq-local comment-start "# ")
  (setq-local comment-start-skip "#+[ \t]*")
  (setq-local indent-tabs-mode nil)
  (setq-local tab-width 4)
  (setq-local indent-line-function #'iamdsl-indent-line)
  (setq-local font-lock-defaults '(iamdsl-font-lock-keywords)))

(defun iamdsl-indent-line ()
  "Indent by the brackets that are open; a line that continues a sentence keeps its own indentation."
  (interactive)
  (let* ((depth (save-excursion (back-to-indentation) (car (syntax-ppss))))
         (closing (save-excursion (back-to-indentation) (looking-at "[])}]")))
         (column (* 4 (max 0 (- depth (if closing 1 0))))))
    (when (or closing (< (current-indentation) column))
      (save-excursion (indent-line-to column)))
    (when (< (current-column) (current-indentation))
      (back-to-indentation))))

;;;###autoload
(add-to-list 'auto-mode-alist '("\\.iam\\'" . iamdsl-mode))

(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs (cons 'iamdsl-mode (lambda (&rest _) iamdsl-server-command))))

(provide 'iamdsl-mode)
;;; iamdsl-mode.el ends here
