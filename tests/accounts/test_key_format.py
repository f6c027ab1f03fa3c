import hashlib
import math
from collections import Counter

from accounts import key_format

KEY = key_format.generate(key_format.API_KEY)


class TestGenerate:
    def test_never_repeats_in_a_hundred_thousand(self):
        keys = {key_format.generate(key_format.API_KEY) for _ in range(100_000)}

        assert len(keys) == 100_000

    def test_has_the_published_shape(self):
        assert KEY.startswith("sk-am-")
        assert len(KEY) == 6 + 30 + 6
        assert key_format.generate(key_format.SERVICE_TOKEN).startswith("st-am-")

    def test_draws_every_character_about_equally_at_every_place(self):
        bodies = [key_format.generate(key_format.API_KEY)[6:36] for _ in range(6_200)]

        for place in range(30):
            counts = Counter(body[place] for body in bodies)
            assert len(counts) == 62
            assert max(counts.values()) < 170  # 100 expected, standard deviation 10

    def test_holds_178_random_bits(self):
        assert math.log2(62**key_format.RANDOM_CHARACTERS) > 178


class TestIsWellFormed:
    def test_accepts_what_was_generated(self):
        assert all(key_format.is_well_formed(key_format.generate("sk-am-")) for _ in range(1_000))

    def test_refuses_every_single_character_typo(self):
        printable = [chr(code) for code in range(32, 127)]

        for place, right in enumerate(KEY):
            for wrong in printable:
                typo = KEY[:place] + wrong + KEY[place + 1 :]
                assert key_format.is_well_formed(typo) == (wrong == right)

    def test_refuses_swapped_neighbours(self):
        for place in range(6, 35):
            swapped = KEY[:place] + KEY[place + 1] + KEY[place] + KEY[place + 2 :]
            assert key_format.is_well_formed(swapped) == (swapped == KEY)

    def test_refuses_a_lost_or_doubled_character(self):
        for place in range(len(KEY)):
            assert not key_format.is_well_formed(KEY[:place] + KEY[place + 1 :])
            assert not key_format.is_well_formed(KEY[:place] + KEY[place] + KEY[place:])

    def test_refuses_other_text(self):
        full_width = "sk-am-" + "\N{FULLWIDTH DIGIT ONE}" * 36

        for text in ["", "sk-am-", KEY + "\n", " " + KEY, KEY.upper(), full_width, "\x00" * 42, KEY * 1_000]:
            assert not key_format.is_well_formed(text)

    def test_keeps_keys_and_service_tokens_apart(self):
        token = key_format.generate(key_format.SERVICE_TOKEN)

        assert not key_format.is_well_formed(token, key_format.API_KEY)
        assert not key_format.is_well_formed(KEY, key_format.SERVICE_TOKEN)

    def test_knows_a_published_example(self):
        assert key_format.is_well_formed("sk-am-" + "0" * 30 + "1ylM99")


class TestDigestOf:
    def test_is_the_sha256_of_the_whole_key(self):
        assert key_format.digest_of(KEY) == hashlib.sha256(KEY.encode()).digest()

    def test_leaves_at_least_128_bits_unknown_beside_what_is_shown(self):
        shown = len(key_format.prefix_of(KEY)) - 6 + len(key_format.last4_of(KEY))

        assert (30 - shown) * math.log2(62) > 128
