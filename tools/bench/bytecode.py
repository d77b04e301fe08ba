"""Which modules a process loaded from bytecode, by what `python -v` has said."""

import re
from pathlib import Path


def bytecode_share(trace: str, folder: Path) -> float:
    """Of the folder's modules. 0.0 where none was loaded."""
    root = re.escape(str(folder))
    loaded = re.findall(rf"# code object from '?{root}/\S*?(\.pyc?)'?$", trace, re.MULTILINE)
    return loaded.count(".pyc") / len(loaded) if loaded else 0.0
