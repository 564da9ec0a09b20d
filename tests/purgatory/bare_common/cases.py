# SPDX-License-Identifier: GPL-2.0-only
"""Cases by their names, and a program that runs those that were asked for."""
import os
import tempfile


class Cases(dict):
    """prefix: before the names that the functions give."""

    def __init__(self, prefix=""):
        super().__init__()
        self.prefix = prefix

    def add(self, function):
        self[self.prefix + function.__name__.replace("_", "-")] = function
        return function


def run(parser, groups, make_tools, label=lambda args: ""):
    """parser: has the options of this machine. make_tools(args, folder): what a case gets. Returns an exit code."""
    parser.add_argument("--group", choices=sorted(groups))
    parser.add_argument("cases", nargs="*")
    args = parser.parse_args()
    cases = {name: case for group in groups.values() for name, case in group.items()}
    names = list(groups[args.group]) if args.group else args.cases
    if not names or not cases.keys() >= set(names):
        parser.error("the cases are: " + " ".join(cases))
    failed = 0
    for name in names:
        with tempfile.TemporaryDirectory(dir=os.environ.get("BUILDDIR")) as folder:
            problems = cases[name](make_tools(args, folder))
        print(("failed: " if problems else "ok ") + name + label(args), flush=True)
        for problem in problems:
            print(f"    {problem}")
        failed += bool(problems)
    return 1 if failed else 0
