"""A measurement's report as rows of tables."""

from absorption.experiments.measure.report import METRICS, Number, Report


def interval(number: Number) -> str:
    """A number with its interval, in words where there is none.

    >>> interval(Number(0.1234, 0.1, 0.15, 9)), interval(Number(None, None, None, 0))
    ('0.123 (0.100 … 0.150)', 'not available')
    """
    if number.value is None:
        return "not available"
    return f"{number.value:.3f} ({number.low:.3f} … {number.high:.3f})"


def means(report: Report) -> dict[str, dict[str, str]]:
    """Means over labels of each metric that was measured: label, both nulls, and the difference that counts; {title: row}.

    >>> from absorption.experiments.measure.report import Beside, LabelReport, MeasuredOn, MeasuredSAE
    >>> sae = MeasuredSAE("mine", "topk", 64, 512, (), "00", explained_variance=0.8, l0=8.0, dead=0.0)
    >>> on = MeasuredOn("tiny", "none", 2, "alone", "letters", 100, {}, splits=3, half_spaces=50)
    >>> full = {"full": Beside(*[Number(0.1, 0.0, 0.2, 9)] * 4)}
    >>> report = Report(sae, on, full, {}, {}, (), (), {})
    >>> means(report)["full absorption"]["difference"]
    '0.100 (0.000 … 0.200)'
    """
    titles = {metric.name: metric.title for metric in METRICS}
    return {
        titles[name]: {
            "letters": interval(one.label),
            "matched null": interval(one.matched),
            "free null": interval(one.free),
            "difference": interval(one.difference),
        }
        for name, one in report.overall.items()
    }


def highest(report: Report, n: int = 5) -> list[dict[str, str | int]]:
    """The letters with the highest full absorption, from the highest on: rates, latents, and the words they absorb.

    >>> from absorption.experiments.measure.report import Beside, LabelReport, MeasuredOn, MeasuredSAE
    >>> sae = MeasuredSAE("mine", "topk", 64, 512, (), "00", explained_variance=0.8, l0=8.0, dead=0.0)
    >>> on = MeasuredOn("tiny", "none", 2, "alone", "letters", 100, {}, splits=3, half_spaces=50)
    >>> full = {"full": Beside(*[Number(0.1, 0.0, 0.2, 9)] * 4)}
    >>> s, t = (LabelReport(label, 10, 9, why, full, {}, (), (), ()) for label, why in (("s", None), ("t", "no probe")))
    >>> [row["letter"] for row in highest(Report(sae, on, full, {}, {}, (s, t), (), {}))]
    ['S']
    """
    rated = [one for one in report.labels if one.not_available is None]
    worst = sorted(rated, key=lambda one: -(one.metrics["full"].label.value or 0))[:n]
    absorbed = {one.label: [w.word for w in report.words if w.label == one.label and w.full] for one in worst}
    return [
        {
            "letter": one.label.upper(),
            "judged words": one.judged,
            "full absorption": f"{one.metrics['full'].label.value:.2f}",
            "matched null": f"{one.metrics['full'].matched.value:.2f}",
            "main latents": ", ".join(str(main.latent) for main in one.main[:3]),
            "absorbed words": ", ".join(dict.fromkeys(absorbed[one.label][:6])),
            "an absorber's words": ", ".join(one.absorbers[0].top_words[:3]) if one.absorbers else "",
        }
        for one in worst
    ]
