"""A plotly figure in a page."""

from types import SimpleNamespace

from absorption.publish.page.interactive import PLOTLY_MIME, PlotlyRenderer


def output(mime: str, title: str) -> SimpleNamespace:
    content = {"data": [], "layout": {"title": {"text": title}, "height": 300}}
    return SimpleNamespace(mime_type=mime, content=content, output_metadata={mime: {"alt": 'a "plot"'}})


def test_a_figure_becomes_json_that_cannot_end_its_script():
    (node,) = PlotlyRenderer.handle_mime(None, output(PLOTLY_MIME, "</script><b>"), False)
    html = node.astext()
    assert html.count("</script>") == 1 and "min-height: 300px" in html
    assert 'aria-label="a &quot;plot&quot;"' in html


def test_other_outputs_are_left_to_others():
    assert PlotlyRenderer.handle_mime(None, output("text/html", ""), False) is None
    assert PlotlyRenderer.handle_mime(None, output(PLOTLY_MIME, ""), True) is None
