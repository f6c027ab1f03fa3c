"""The text of codes: what people type is understood, and what they mistype is found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing import code_format
from billing.code_format import ALPHABET, Mistyped

CODES = st.builds(code_format.generate)


class TestGenerate:
    def test_makes_other_codes_of_one_shape(self):
        codes = {code_format.generate() for _ in range(2000)}
        assert len(codes) == 2000
        assert {len(code) for code in codes} == {22}
        assert all(code.startswith("AM-") and code_format.cleaned(code) == code for code in codes)

    def test_begins_with_a_letter_so_that_no_spreadsheet_reckons_it(self):
        assert code_format.generate()[0].isalpha()


class TestCleaned:
    @given(CODES)
    def test_understands_how_people_type(self, code: str):
        body = code.removeprefix("AM-")
        typed = [
            *(code.lower(), code.replace("-", ""), code.replace("-", " "), f"  {code}\n", body),
            code.replace("AM-", "am").replace("0", "o").replace("1", "l"),
            code.replace("1", "I").replace("0", "O"),
        ]
        assert {code_format.cleaned(each) for each in typed} == {code}

    @given(CODES, st.integers(0, 15), st.sampled_from(ALPHABET))
    def test_finds_every_wrong_character(self, code: str, place: int, wrong: str):
        body = code.replace("-", "").removeprefix("AM")
        mistyped = body[:place] + wrong + body[place + 1 :]
        if mistyped == body:
            assert code_format.cleaned(mistyped) == code
        else:
            with pytest.raises(Mistyped):
                code_format.cleaned(mistyped)

    @given(CODES, st.integers(0, 12))
    def test_finds_every_swap_of_neighbours(self, code: str, place: int):
        body = code.replace("-", "").removeprefix("AM")
        swapped = body[:place] + body[place + 1] + body[place] + body[place + 2 :]
        if swapped != body:
            with pytest.raises(Mistyped):
                code_format.cleaned(swapped)

    @pytest.mark.parametrize(
        "typed",
        [
            *(
                "",
                " ",
                "AM",
                "AM-",
                "AM-0000",
                "-" * 22,
                "A" * 1000,
                "\x00" * 16,
                "\uff21\uff2d" + "\uff10" * 16,
            ),
            "AM-UUUU-UUUU-UUUU-UUUU",
            "AM-0000-0000-0000-0001",
            "XX-0000-0000-0000-0000",
            "AMAM-0000-0000-0000-0000",
        ],
    )
    def test_refuses_what_is_none(self, typed: str):
        with pytest.raises(Mistyped):
            code_format.cleaned(typed)
