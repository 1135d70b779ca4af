"""Choose the font of pictures: one that has Korean letters."""

import functools
import importlib.util
from pathlib import Path


@functools.cache
def families() -> tuple[str, ...]:
    """Return NanumGothic (SIL Open Font License) if installed, then the default."""
    from matplotlib import font_manager

    spec = importlib.util.find_spec("koreanize_matplotlib")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "fonts" / "NanumGothic.ttf"
        if path.exists():
            font_manager.fontManager.addfont(path)
            name = font_manager.FontProperties(fname=path).get_name()
            return (name, "DejaVu Sans")
    return ("DejaVu Sans",)
