"""Start processes that read notebooks without a grammar that nothing here needs."""

import sys

START = "import sys; sys.modules['rfc3987_syntax'] = None; "
"""The same for `python -c`."""


def without_grammar() -> None:
    """Let jsonschema do without `rfc3987_syntax`: importing it compiles a grammar of web addresses for seconds.

    nbformat imports jsonschema, so that every process that reads a notebook would pay for it. jsonschema takes the
    package as optional, and the schema of a notebook asks for no such address.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # pyright: ignore[reportArgumentType]
