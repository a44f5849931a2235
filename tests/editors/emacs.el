;;; emacs.el --- What a user does in Emacs, without a screen  -*- lexical-binding: t; -*-

;; `emacs --batch -l emacs.el FOLDER FILE': FOLDER holds iamdsl-mode.el, FILE is a program. Prints what was seen as JSON.

;;; Code:

(package-initialize)
(add-to-list 'load-path (pop command-line-args-left))
(require 'eglot)
(require 'flymake)
(require 'iamdsl-mode)
(require 'json)

(defvar seen nil)
(setq eglot-sync-connect 60
      eglot-connect-timeout 60
      eglot-confirm-server-initiated-edits nil
      make-backup-files nil)

(defun await (what condition)
  "Wait until CONDITION, which is about WHAT, holds."
  (let ((until (+ (float-time) 60)))
    (while (not (funcall condition))
      (when (> (float-time) until)
        (message "waited in vain for %s" what)
        (kill-emacs 1))
      ;; changes go to the server when Emacs is idle, which it never is without a screen
      (when (eglot-current-server)
        (eglot--signal-textDocument/didChange))
      (accept-process-output nil 0.05))))

(defun note (name value)
  (push (cons name value) seen))

(defun errors ()
  (seq-filter (lambda (one) (eq (flymake-diagnostic-type one) 'eglot-error)) (flymake-diagnostics)))

(find-file (pop command-line-args-left))
(note 'mode (symbol-name major-mode))
(font-lock-ensure)
(goto-char (point-min))
(search-forward "can read")
(note 'face (symbol-name (get-text-property (- (point) 8) 'face)))

(add-hook 'iamdsl-mode-hook #'eglot-ensure)
(call-interactively #'eglot)
(await "the server" #'eglot-current-server)

;; diagnostics, and the mend that goes with one
(await "a finding" (lambda () (flymake-start) (errors)))
(note 'diagnostics
      (vconcat (mapcar (lambda (one)
                         (list (cons 'text (flymake-diagnostic-text one))
                               (cons 'on (buffer-substring-no-properties (flymake-diagnostic-beg one)
                                                                         (flymake-diagnostic-end one)))))
                       (flymake-diagnostics))))
(let ((wrong (car (errors))))
  (goto-char (flymake-diagnostic-beg wrong))
  (let* ((actions (eglot-code-actions (flymake-diagnostic-beg wrong) (flymake-diagnostic-end wrong)))
         (mend (or (seq-find (lambda (one) (plist-get one :isPreferred)) (append actions nil)) (elt actions 0))))
    (note 'actions (vconcat (mapcar (lambda (one) (plist-get one :title)) actions)))
    (if (plist-get mend :edit)
        (eglot--apply-workspace-edit (plist-get mend :edit))
      (eglot--apply-workspace-edit
       (plist-get (jsonrpc-request (eglot-current-server) :codeAction/resolve mend) :edit)))))
(await "the findings to go" (lambda () (flymake-start) (null (errors))))

;; hover
(goto-char (point-min))
(search-forward "can rea")
(note 'hover (plist-get (plist-get (jsonrpc-request (eglot-current-server) :textDocument/hover
                                                    (eglot--TextDocumentPositionParams))
                                   :contents)
                        :value))

;; completion
(goto-char (point-max))
(insert "alice can read bu")
(let* ((found (eglot-completion-at-point))
       (table (nth 2 found)))
  (note 'completion (vconcat (all-completions "bu" table))))
(delete-region (line-beginning-position) (line-end-position))

;; rename
(goto-char (point-min))
(search-forward "bucket datasets =")
(backward-char 3)
(eglot-rename "corpora")
(await "the rename" (lambda () (save-excursion (goto-char (point-min)) (search-forward "read bucket corpora" nil t))))
(note 'renamed (not (save-excursion (goto-char (point-min)) (re-search-forward "bucket datasets" nil t))))

;; formatting
(goto-char (point-max))
(insert "alice   can  list   bucket   corpora\n")
(eglot-format-buffer)
(goto-char (point-max))
(forward-line -1)
(note 'formatted (buffer-substring-no-properties (line-beginning-position) (line-end-position)))

(princ (concat (json-encode seen) "\n"))
(set-buffer-modified-p nil)
(kill-emacs 0)
;;; emacs.el ends here
