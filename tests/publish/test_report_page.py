"""A report as people read it: sentences, tables, rows and a page that asks nothing of anybody."""

import csv
import io
import json
import re

import pytest
from rich.console import Console

from absorption.publish.report import as_table, page, sentences, side_by_side, words_csv


def number(value, low=None, high=None, n=3):
    return {"value": value, "low": low, "high": high, "n": n}


def beside(label, matched, difference):
    return {"label": label, "free": number(0.03), "matched": matched, "difference": difference}


FULL = beside(number(0.12, 0.1, 0.14), number(0.05, 0.04, 0.06), number(0.07, 0.05, 0.09))
F1 = beside(number(0.95, 0.94, 0.96), number(0.9), number(0.05))


def word(name: str, silent: bool) -> dict:
    rest = dict(fraction=0.5, latent=7, activation=1.5, cosine=0.2, share=0.6)
    return dict(split=1, label="s", word=name, silent=silent, full=silent, **rest)


def report(name: str = "mine", **changes) -> dict:
    rated = {
        "label": "s", "words": 40, "judged": 9, "not_available": None, "metrics": {"probe_f1": F1, "full": FULL},
        "by_saebench": {"full": number(0.2)}, "main_by_saebench": [3],
        "main": [{"latent": 3, "splits": 2, "precision": 0.9, "recall": 0.8, "f1": 0.85, "cosine": 0.4, "top_words": ["sun"]}],
        "absorbers": [{"latent": 7, "words": 1, "cosine": 0.2, "top_words": ["snake"]}],
    }  # fmt: skip
    lacking = rated | {
        "label": "[x]",
        "not_available": "its probe fails",
        "metrics": {},
        "main": [],
        "absorbers": [],
    }
    metrics = [
        {"name": "probe_f1", "title": "probe F1", "good": "high", "meaning": "how well"},
        {"name": "full", "title": "full absorption", "good": "low", "meaning": "on how many"},
    ]
    sae = dict(
        name=name,
        architecture="topk",
        d_in=8,
        d_sae=16,
        notes=["As it is."],
        decoder_sha256="00",
        explained_variance=0.8,
        l0=4.0,
        dead=0.1,
    )
    on = dict(
        model="tiny",
        identity="none",
        layer=2,
        read="alone",
        task="letters",
        words=50,
        left_out={"no word": 2},
        splits=2,
        half_spaces=4,
    )
    return {
        "metrics": metrics, "sae": sae, "on": on, "overall": {"probe_f1": F1, "full": FULL}, "tells": {"full": True},
        "overall_by_saebench": {"full": number(0.2)}, "labels": [rated, lacking],
        "words": [word("snake</script><b>", True), word("sun", False)], "versions": {"rule of SAEBench": "0.6.0"},
    } | changes  # fmt: skip


@pytest.mark.parametrize(
    ("difference", "tells", "said"),
    [
        (number(0.07, 0.05, 0.09), True, "Full absorption tells labels from matched half-spaces: 12.0% against 5.0%, more by 7.0 points (5.0 to 9.0)."),
        (number(-0.07, -0.09, -0.05), True, "less by 7.0 points (5.0 to 9.0)"),
        (number(0.01, -0.02, 0.04), False, "cannot tell labels from matched half-spaces: 12.0% against 5.0%, a difference of 1.0 points (-2.0 to 4.0)"),
        (number(None), None, "no half-space can be matched to a label"),
    ],
)  # fmt: skip
def test_it_says_plainly_what_a_rate_can_tell(difference, tells, said):
    overall = {"full": beside(FULL["label"], FULL["matched"], difference)}
    first, second = sentences(report(overall=overall, tells={"full": tells}))
    assert first == "1 of 2 labels were rated; not available: [x]."
    assert said in second


def printed(table) -> str:
    file = io.StringIO()
    Console(file=file, width=150).print(table)
    return file.getvalue()


def test_the_table_has_every_label_with_its_nulls_and_says_which_way_is_good():
    text = printed(as_table(report("a [b]")))
    assert "a [b] on tiny, after 2 blocks" in text
    assert re.search(r"s\s+│ 9\s+│ 0\.95\s+│ 12\.0% \[3\.0, 5\.0\]", text)
    assert re.search(r"\[x\]\s+│ 9\s+│ n/a\s+│ n/a", text)
    assert "probe F1 ↑" in text and "full absorption ↓" in text and "10.0% to 14.0%" in text


def test_several_saes_stand_side_by_side():
    text = printed(side_by_side([report("first"), report("second")]))
    assert re.search(r"first.*12\.0% \[5\.0%\]", text) and "second" in text


def test_the_rows_are_the_words():
    rows = list(csv.DictReader(io.StringIO(words_csv(report()))))
    assert [row["word"] for row in rows] == ["snake</script><b>", "sun"]
    assert rows[0] | {"word": ""} == dict(
        split="1", label="s", word="", silent="1", full="1", fraction="0.5", latent="7", activation="1.5", cosine="0.2", share="0.6",
    )  # fmt: skip


def embedded(text: str) -> list[dict]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_the_page_holds_the_report_and_asks_nothing_of_anybody():
    text = page([report()])
    held = embedded(text)[0]
    assert held["report"]["words"] == [word("snake</script><b>", True)]
    assert held["report"]["labels"] == report()["labels"] and held["sentences"] == sentences(report())
    assert "<title>What mine absorbs</title>" in text and 'name="viewport"' in text
    assert "prefers-color-scheme: dark" in text and "default-src 'none'" in text
    assert not re.search(
        r"""(src|href)\s*=\s*["'](?!data:)|url\(|@import|fetch\(|XMLHttpRequest|https?://""", text
    )
    assert text.count("</script>") == 2


def test_names_are_text_and_no_markup():
    assert "<title>What &lt;i&gt; absorbs</title>" in page([report("<i>")])
    assert embedded(page([report("<i>"), report("b")]))[1]["report"]["sae"]["name"] == "b"


def test_a_page_without_a_report_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        page([])
