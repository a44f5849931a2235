" Made by editors/make_highlighters.py from iamdsl/highlight/words.py: change those
if exists("b:current_syntax")
  finish
endif
syn iskeyword @,48-57,_,-,.,/,*,?,:,@-@,+
syn keyword iamNoun access account acl action alarm alias api application auto automl backup balancer base boundary bucket build bus cache catalog certificate check cluster compute config configuration crawler custom dashboard data database db definition delivery detector device directory distribution document domain elastic email emr endpoint environment event experiment feature file foundation function gateway graphql group guardrail health hosted id identity image import inference inline instance interface internet inventory ip job key keyspace knowledge labeling launch layer load log machine mapping metric mfa model monitoring nat network node notebook oidc opensearch organization ou package pair param parameter partition permission pipe pipeline plan point policy pool processing profile project provider proxy queue region replication repository request resource rest retention role route rule saml scaling schedule secret security server session set snapshot source spot stack state store stream subnet system table target task template topic trail training transform trust tuning unknown use user vault verb version volume vpc web workgroup zone
syn keyword iamWord accepting action after any anyone anything anywhere as audience aws because between branch canonical case do encrypted environment every everyone everything exactly except export federated for from github group-name identity internet ip its kubernetes lasting mfa no nobody oidc on only outside over path principal principals private pull request requests resource resources root saml service session set source subject tag tagged tagging tags terraform the through tls to unknown until user-name via with within without
syn keyword iamModifier assert external override
syn keyword iamLogic and case exists if ignoring in like not or unless
syn keyword iamEffect can cannot use uses
syn match iamOperator /!=\|<=\|>=\|[=<>]/
syn match iamNumber /\k\@<!\d\k*/
syn match iamAction /\k\@<![a-z][a-z0-9-]*:[A-Z*]\k*/
syn match iamKey /\k\@<![a-z][a-z0-9-]*:\k\+\ze\s\+\%([=<>!]\|in\>\|not\>\|like\>\|exists\>\)/
syn match iamArn /\k\@<!arn:[^ \t,;\"()\[\]]\+/ contains=iamFilled
syn match iamVerb /\%(\<can\s\+\|\<cannot\s\+\)\@<=\%(do\>\|exactly\>\)\@![a-z][a-z-]*\k\@!/
syn match iamDeclared /\%(^\s*\%(endpoint\s\+policy\|resource\s\+policy\|permission\s\+set\|session\s\+policy\|inline\s\+policy\|organization\|trust\s\+policy\|guardrail\|partition\|boundary\|account\|version\|policy\|region\|group\|param\|role\|user\|id\|ou\)\s\+\)\@<=\%(can\>\|cannot\>\)\@!\k\+/ contains=iamFilled
syn match iamFilled /\${[^}]*}\|{[A-Za-z_][0-9A-Za-z_-]*}/
syn match iamEscape /\\./ contained
syn region iamString start=/"/ skip=/\\./ end=/"/ oneline contains=iamEscape,iamFilled
syn match iamComment /#.*$/ contains=iamTodo,iamAllow,@Spell
syn match iamDoc /##.*$/ contains=@Spell
syn match iamAllow /#\s*iam:/ contained
syn keyword iamTodo TODO FIXME contained
hi def link iamNoun Type
hi def link iamWord Keyword
hi def link iamModifier StorageClass
hi def link iamLogic Operator
hi def link iamEffect Statement
hi def link iamOperator Operator
hi def link iamNumber Number
hi def link iamAction Special
hi def link iamKey Identifier
hi def link iamArn String
hi def link iamVerb Function
hi def link iamDeclared Identifier
hi def link iamFilled PreProc
hi def link iamEscape SpecialChar
hi def link iamString String
hi def link iamComment Comment
hi def link iamDoc SpecialComment
hi def link iamAllow PreProc
hi def link iamTodo Todo
let b:current_syntax = "iam"
