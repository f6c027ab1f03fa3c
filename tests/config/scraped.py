"""Reads what Prometheus would read."""

from prometheus_client.parser import text_string_to_metric_families


def samples(text: str) -> dict[tuple[str, frozenset[str]], float]:
    """Every sample by its name and the values of its labels."""
    return {
        (sample.name, frozenset(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(text: str, name: str, *labels: str) -> float:
    """One sample's value; 0 where there is none, as of a count that nothing was added to."""
    return samples(text).get((name, frozenset(labels)), 0.0)
