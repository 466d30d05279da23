"""Charts to SVG that is part of a page: no script, nothing fetched, named for those who hear it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import vl_convert
from markupsafe import Markup

_VIEW = re.compile(r'viewBox="([0-9. -]+)"')
_MARKED = re.compile(r' (?:class|aria-[a-z]+|role|pointer-events)="[^"<>]*"')
_EMPTY = re.compile(r'<path d="(?:M0,0h0v0h0Z)?"(?: display="none")?/?>(?:</path>)?')
_CLIP = re.compile(r'(id="|url\(#)(clip[0-9]+)')
_LONG = re.compile(r"-?[0-9]+\.[0-9]{3,}")


def draw(chart: Any, *, slug: str, title: str, told: str) -> Markup:
    """Return a chart as an inline SVG with a title and a description; `slug` makes ids unique.

    The same chart gives the same SVG. Rendered in the process by Vega's own code, which escapes
    what the chart's texts say.
    """
    drawn = vl_convert.vegalite_to_svg(chart.to_dict(), allowed_base_urls=[])
    head, _, body = drawn.partition(">")
    view = _VIEW.search(head)
    if view is None:
        raise ValueError("the renderer has drawn no view")
    body = _own_ids(_lean(body.removesuffix("</svg>")), slug)
    named = Markup(
        '<svg viewBox="{}" role="img"'
        ' aria-labelledby="{}-title {}-told"><title id="{}-title">{}</title>'
        '<desc id="{}-told">{}</desc>'
    ).format(view[1], slug, slug, slug, title, slug, told)
    # Vega's own output, and it has escaped what is not.
    return named + Markup(body) + Markup("</svg>")  # noqa: S704


def _own_ids(body: str, slug: str) -> str:
    """Name what is clipped after the plot: the renderer counts on over all that it has drawn."""
    ids: dict[str, str] = {}

    def own(found: re.Match[str]) -> str:
        return found[1] + ids.setdefault(found[2], f"{slug}-clip-{len(ids)}")

    return _in_tags(body, lambda tag: _CLIP.sub(own, tag))


def _lean(body: str) -> str:
    """Leave out what says nothing: names for scripts, empty paths, a thousandth of a pixel."""
    return _in_tags(body, _trimmed)


def _in_tags(body: str, change: Callable[[str], str]) -> str:
    """Change tags, and leave the texts between them alone."""
    parts = re.split(r"(<[^>]*>)", body)
    return "".join(change(part) if part.startswith("<") else part for part in parts)


def _trimmed(tag: str) -> str:
    tag = _MARKED.sub("", tag)
    if _EMPTY.fullmatch(tag):
        return ""
    return _LONG.sub(lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), tag)
