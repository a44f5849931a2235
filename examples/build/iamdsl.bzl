"""Policies as Bazel builds them: in its sandbox, on its remote execution and from its cache, as any other action."""

def _iam_policies_impl(ctx):
    out = ctx.actions.declare_directory(ctx.label.name)
    arguments = ctx.actions.args()
    arguments.add("compile")
    arguments.add_all(ctx.files.srcs)
    arguments.add("-o", out.path)
    arguments.add("--target", ctx.attr.target)
    arguments.add_all(["%s=%s" % pair for pair in sorted(ctx.attr.parameters.items())], before_each = "--set")
    ctx.actions.run(
        executable = ctx.executable._iamdsl,
        arguments = [arguments],
        inputs = ctx.files.srcs + ctx.files.imports,
        outputs = [out],
        mnemonic = "IamPolicies",
        progress_message = "Compiling policies %s" % ctx.label,
    )
    return [DefaultInfo(files = depset([out]), runfiles = ctx.runfiles(files = [out]))]

iam_policies = rule(
    implementation = _iam_policies_impl,
    doc = "One program to a folder of its documents and manifest.",
    attrs = {
        "srcs": attr.label_list(allow_files = [".iam"], mandatory = True, doc = "The program: all files together."),
        "imports": attr.label_list(allow_files = [".iam"], doc = "What it imports, and nothing else is there to import."),
        "parameters": attr.string_dict(doc = "What `--set` gives."),
        "target": attr.string(default = "json", values = ["json", "terraform", "cloudformation"]),
        "_iamdsl": attr.label(default = "//:iamdsl", executable = True, cfg = "exec"),
    },
)

def _iamdsl_tool_impl(ctx):
    script = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(script, """#!/bin/sh
PYTHONPATH="$0.runfiles/site" exec python3 -m iamdsl "$@"
""", is_executable = True)
    return [DefaultInfo(executable = script, runfiles = ctx.runfiles(files = ctx.files.packages))]

iamdsl_tool = rule(
    implementation = _iamdsl_tool_impl,
    doc = "The compiler of the repository `site`. With rules_python, a `py_console_script_binary` does the same.",
    attrs = {"packages": attr.label(default = "@site//:packages")},
    executable = True,
)
