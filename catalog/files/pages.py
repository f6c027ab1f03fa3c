"""What a model's page shows: badges, parameters, capabilities with sample requests, use cases, questions."""

import json
import re
from collections.abc import Callable

from catalog.files.tables import Table

# A page fills these from the catalogue, so that no text repeats a price that may change.
PLACEHOLDERS = frozenset({"input_price", "output_price", "context_tokens", "max_output_tokens"})


def read_page(page: Table, *, slug: str) -> dict[str, object]:
    """Return the page as the JSON that LanguageModel.details holds."""
    details: dict[str, object] = {
        "about": page.texts("about"),
        "badges": page.tables("badges", _read_texts("label", "caption")),
        "parameters": page.tables("parameters", _read_parameter),
        "capabilities": page.tables("capabilities", lambda table: _read_capability(table, slug)),
        "key_features": page.texts("key_features"),
        "use_cases": page.tables("use_cases", _read_texts("title", "text")),
        "reasons": page.tables("reasons", _read_texts("title", "text")),
        "questions": page.tables("questions", _read_question),
    }
    page.end()
    return details


def _read_texts(*names: str) -> Callable[[Table], dict[str, object]]:
    def read(table: Table) -> dict[str, object]:
        return {name: table.text(name, most=1000) for name in names}

    return read


def _read_parameter(table: Table) -> dict[str, object]:
    return {
        "name": table.text("name"),
        "type": table.text("type"),
        "required": table.boolean("required", default=False),
        "meaning": table.text("meaning"),
    }


def _read_capability(table: Table, slug: str) -> dict[str, object]:
    """Check that a sample request is JSON for this very model, so that a reader can send it as it stands."""
    request = table.text("request", most=4000)
    try:
        sample = json.loads(request)
    except (ValueError, RecursionError) as error:
        raise table.error("request", f"is not JSON: {error}") from error
    if not isinstance(sample, dict) or sample.get("model") != slug:
        raise table.error("request", f"must be an object whose model is {slug}")
    return {"title": table.text("title"), "text": table.text("text", most=1000), "request": sample}


def _read_question(table: Table) -> dict[str, object]:
    answer = table.text("answer", most=1000)
    for placeholder in re.findall(r"\{(.*?)\}", answer):
        if placeholder not in PLACEHOLDERS:
            known = ", ".join(sorted(PLACEHOLDERS))
            raise table.error("answer", f"{{{placeholder}}} is not one of the placeholders {known}")
    return {"question": table.text("question"), "answer": answer}
