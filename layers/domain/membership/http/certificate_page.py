"""The public page of a certificate, which the code on it leads to. It has no name on it, and no script."""

from html import escape

from membership.member.certificates import day_in_words
from membership.program.text import Language, Text
from membership.services.certifying import Shown

POLICY = "default-src 'none'; style-src 'unsafe-inline'"

_WORDS = {
    "title": Text.ours(en="Certificate of membership", zh="会员等级证书"),
    "stands": Text.ours(en="This certificate stands.", zh="该证书有效。"),
    "ended": Text.ours(
        en="This certificate doesn't stand any more: its holder has not that tier today.",
        zh="该证书已失效：持有人目前不再享有该等级。",
    ),
    "reached": Text.ours(en="Its holder reached the tier {tier} on {day}.", zh="持有人于{day}晋升为{tier}。"),
    "number": Text.ours(en="Number", zh="编号"),
    "unknown": Text.ours(en="There is no certificate of this number.", zh="查无此编号的证书。"),
}

_PAGE = """<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<style>
body {{ font: 1.1rem/1.5 system-ui, sans-serif; color: #111827 }}
body {{ max-width: 34rem; margin: 3rem auto; padding: 0 1rem }}
h1 {{ font-size: 1.5rem }}
.answer {{ font-weight: 700; border: 2px solid #111827; padding: .6rem .8rem }}
small {{ color: #374151 }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def page(shown: Shown, lang: Language) -> str:
    """What a certificate says, and whether it still holds."""
    certificate, program = shown.issued.certificate, shown.seen.program
    reached = _WORDS["reached"].get(lang)
    said = reached.format(tier=certificate.tier.get(lang), day=day_in_words(certificate.date, lang))
    lines = [
        f"<h1>{escape(program.name.get(lang) or program.id)}</h1>",
        f'<p class="answer">{_say("stands" if shown.stands else "ended", lang)}</p>',
        f"<p>{escape(said)}</p>",
        f"<p><small>{_say('number', lang)} {escape(certificate.number)}</small></p>",
    ]
    return _page(lines, lang)


def nothing(lang: Language) -> str:
    """For a number that nobody was ever given."""
    return _page([f'<p class="answer">{_say("unknown", lang)}</p>'], lang)


def _page(lines: list[str], lang: Language) -> str:
    return _PAGE.format(lang=lang, title=_say("title", lang), body="\n".join(lines))


def _say(key: str, lang: Language) -> str:
    return escape(_WORDS[key].get(lang))
