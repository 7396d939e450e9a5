"""What was refuted, layer by layer: how many causes, and the evidence that most of them fell by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct

from hangup.diagnosis import Diagnosis, Evidence, Finding

VARIED = 2
"""How much more an experiment tells than the connection that it is held against."""


class RefutedLayer(Struct, frozen=True):
    """One layer's refuted causes, the likeliest first; `open` counts those still undecided."""

    layer: str
    refuted: tuple[Finding, ...]
    open: int
    evidence: Evidence | None

    @property
    def count(self) -> str:
        """How many of the layer's causes are refuted, in words."""
        total = len(self.refuted) + self.open
        if self.open:
            return f"{len(self.refuted)} of {total} causes"
        return f"all {total} causes" if total > 1 else "its one cause"


def refuted_layers(diagnosis: Diagnosis) -> tuple[RefutedLayer, ...]:
    """Give the layers in which something was refuted, the likeliest rivals' first."""
    rivals: dict[str, list[Finding]] = {}
    for finding in diagnosis.findings:
        if finding.verdict != "supported":
            rivals.setdefault(finding.cause.partition(".")[0], []).append(finding)
    layers = (_layer(name, findings) for name, findings in rivals.items())
    return tuple(layer for layer in layers if layer.refuted)


def by_evidence(layers: Iterable[RefutedLayer]) -> list[tuple[RefutedLayer, ...]]:
    """Put together the layers that the same evidence refutes, the most particular first."""
    groups: dict[Evidence | None, list[RefutedLayer]] = {}
    for layer in layers:
        groups.setdefault(layer.evidence, []).append(layer)
    return [tuple(group) for group in sorted(groups.values(), key=len)]


def decisive_group(
    diagnosis: Diagnosis, layers: Iterable[RefutedLayer]
) -> tuple[RefutedLayer, ...]:
    """Give the layers that fell by the decisive evidence.

    It is an experiment's, since how the first connection ended is told anyway, and that by which
    most causes fell.
    """
    baseline = next((run.traces for run in diagnosis.experiments if run.name == "baseline"), ())

    groups = (
        group
        for group in by_evidence(layers)
        if group[0].evidence and group[0].evidence.trace not in baseline
    )
    return max(groups, key=lambda group: sum(len(layer.refuted) for layer in group), default=())


def layers_told(layers: Sequence[RefutedLayer], beside: str | None) -> str:
    """Name layers and how much of each is refuted; those of which all is come first.

    A verdict's own cause stands `beside` those of its layer.
    """
    whole = [layer.layer for layer in layers if not layer.open]
    every = "all other causes" if beside in whole else "all causes"
    told = [f"{', '.join(whole)}, {every}"] if whole else []
    return "; ".join([*told, *(f"{each.layer}, {each.count}" for each in layers if each.open)])


def _layer(name: str, findings: list[Finding]) -> RefutedLayer:
    refuted = tuple(f for f in findings if f.verdict == "refuted")
    cited = Counter(evidence for finding in refuted for evidence in finding.evidence)
    first = refuted[0].evidence[0].trace if refuted and refuted[0].evidence else ""
    weights = {e: n * (VARIED if e.trace != first else 1) for e, n in cited.items()}
    # The first of the heaviest is the likeliest cause's, since they were counted in that order.
    chosen = max(weights, key=lambda evidence: weights[evidence], default=None)
    return RefutedLayer(name, refuted, len(findings) - len(refuted), chosen)
