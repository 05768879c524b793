"""Words of questions: how a question is cut, and the closed classes its words fall in.

The lists hold function words and a few open classes that tell what a name is (titles,
kinds of organisation, countries). They are deliberately short: a word that is missing
makes a completed question plainer, not wrong.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["Token", "is_plural", "meaningful_words", "tokens"]

_TOKEN = re.compile(
    r"""(?:[^\W\d_]\.){2,}            # U.S.
    | (?:Mr|Mrs|Ms|Messrs|Dr|Prof|St|Gen|Col|Capt|Lt|Sgt|Sen|Rep|Gov|Rev|[A-ZÀ-Þ])
      \.(?=\s*[A-ZÀ-Þ])               # Dr. Mueller, J. K. Rowling
    | ['’]s?(?![^\W_])                # the genitive, a token of its own
    | [^\W_]+(?:(?:[-&/.]|(?<=\d),(?=\d)|['’](?!s\b))[^\W_]+)*
    | [^\w\s]""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One word or mark, and where it stands."""

    text: str
    start: int
    end: int

    @property
    def low(self) -> str:
        """The word as the tables hold it."""
        return self.text.lower()

    @property
    def is_capital(self) -> bool:
        """Whether it begins with a capital letter."""
        return self.text[0].isupper()

    @property
    def is_word(self) -> bool:
        """Whether it holds a letter or a digit."""
        return self.text[0].isalnum()


@lru_cache(maxsize=1024)  # the same few texts are cut for every pronoun
def tokens(text: str) -> tuple[Token, ...]:
    """Cut a text into words and marks, in order.

    >>> [token.text for token in tokens("Did Assad's U.S. envoy earn 1,100 dlrs?")]
    ['Did', 'Assad', "'s", 'U.S.', 'envoy', 'earn', '1,100', 'dlrs', '?']
    >>> [token.text for token in tokens("Did Mr. B. Assad take vitamin C?")]
    ['Did', 'Mr.', 'B.', 'Assad', 'take', 'vitamin', 'C', '?']
    """
    return tuple(Token(m.group(), m.start(), m.end()) for m in _TOKEN.finditer(text))


_PLURALS = frozenset("people children men women police others".split())


def is_plural(token: Token) -> bool:
    """Whether a word has the look of a plural noun without a capital.

    >>> [t.text for t in tokens("Gas as banks saw people less") if is_plural(t)]
    ['banks', 'people']
    """
    low = token.text
    if low in _PLURALS:
        return True
    is_noun = low.islower() and len(low) > 3 and low not in FUNCTION_WORDS
    return is_noun and low.endswith("s") and not low.endswith(("ss", "us", "is"))


def meaningful_words(text: str) -> list[str]:
    """Return the words that carry meaning, as written, each once, in order.

    >>> meaningful_words("What did the minister say about the price of the rubber?")
    ['minister', 'price', 'rubber']
    """
    words = (
        token.text
        for token in tokens(text)
        if token.is_word and not _is_function(token.low)
    )
    return list({word.lower(): word for word in words}.values())


def _is_function(low: str) -> bool:
    stem = re.split("['’]", low)[0]  # I'm, they've
    return any(word in FUNCTION_WORDS or word in COMMON_VERBS for word in (low, stem))


AUXILIARIES = frozenset(
    """did do does is are was were be been will would can could shall should has have
    had may might must am didn't doesn't don't isn't aren't wasn't weren't won't
    wouldn't can't couldn't hasn't haven't hadn't shouldn't""".split()
)
WH_WORDS = frozenset("what which who whom whose when where why how".split())
PREPOSITIONS = frozenset(
    """in at on of to from by for with about over under during since until before after
    between among through into onto against within without near than as per toward
    towards across behind besides upon out up off via amid despite""".split()
)
ADVERBS = frozenset(  # what follows an object: "shot it down", "owned it then"
    """down away back apart together again first next last later now then today tonight
    yesterday tomorrow alone instead ago""".split()
)
DETERMINERS = frozenset(
    "the a an this that these those some any each every no all both many most".split()
)
PERSON_PRONOUNS = frozenset("he him his she her hers".split())
PLURAL_PRONOUNS = frozenset("they them their theirs".split())
THING_PRONOUNS = PLURAL_PRONOUNS | {"it", "its"}
DEMONSTRATIVES = frozenset("this that these those".split())
PRONOUNS = PERSON_PRONOUNS | THING_PRONOUNS | DEMONSTRATIVES
FUNCTION_WORDS = (
    AUXILIARIES
    | WH_WORDS
    | PREPOSITIONS
    | DETERMINERS
    | PRONOUNS
    | frozenset(
        """and but or nor so if then there here not only also too just i you we me my
        your our us much more less other another else same such one ones kind many few
        ever still already now even very far long that's what's who's it's s t because
        while though although yet however please okay ok yes well
        himself herself itself themselves""".split()
    )
)
OPENERS = frozenset(
    """instead apart however although because besides according also meanwhile thanks
    interesting awesome cool great wow sorry fair keep benefits explain describe list
    name compare both several many most few some others once again finally later earlier
    recently currently nearly almost each another shortly initially""".split()
)
COMMON_VERBS = frozenset(
    """say said says tell told give make made happen happened think thought do done get
    got go went call called mean meant know known like find found see seen want wanted
    become became use used describe explain cause causes caused let""".split()
)
ROLES = frozenset("ceo cfo coo cto cio pm mp mep vp".split())
NO_NAMES = ROLES | {"hq"}  # though all their letters are capitals
TITLES = ROLES | frozenset(
    """mr mrs ms messrs dr sir lord lady president chairman chairwoman chancellor
    minister premier king queen prince princess pope general colonel captain senator
    governor secretary ambassador judge justice professor sheikh ayatollah bishop mayor
    congressman representative prof gen col capt lt sgt sen rep gov rev""".split()
)
PERSON_NOUNS = TITLES | frozenset(
    """spokesman spokeswoman leader director economist analyst official executive chief
    head founder author writer singer actor actress artist musician composer player
    coach manager trader broker lawyer doctor scientist engineer man woman boy girl
    father mother brother sister son daughter husband wife king banker""".split()
)
ORGANISATION_WORDS = frozenset(
    """inc corp co ltd plc bank company group party university college institute
    association committee council commission ministry department agency airlines
    airways union league club team band industries international securities fund
    exchange court congress parliament senate house army navy force forces society
    organization organisation federation school church museum times press news
    records studios act treaty agreement war""".split()
)
NATIONALITY = re.compile(
    r".{2,}(?:ian|ese|nish|lish|rkish|ish|ican|eli|aqi|tani)$|french|dutch|greek|german"
    r"|swiss|western|eastern|northern|southern|muslim|christian|thai|arab",
    re.IGNORECASE,
)
TIME_NAMES = frozenset(
    """january february march april may june july august september october november
    december monday tuesday wednesday thursday friday saturday sunday christmas easter
    jan feb mar apr jun jul aug sept sep oct nov dec""".split()
)
YEAR = re.compile(r"(?:1[5-9]|20)\d\d(?:/\d\d|s)?")
PLACES = frozenset(
    """afghanistan albania algeria angola argentina armenia australia austria azerbaijan
    bahrain bangladesh belarus belgium bolivia bosnia botswana brazil britain bulgaria
    cambodia cameroon canada chad chile china colombia congo croatia cuba cyprus
    denmark ecuador egypt england estonia ethiopia finland france gabon georgia germany
    ghana greece guatemala haiti honduras hungary iceland india indonesia iran iraq
    ireland israel italy jamaica japan jordan kazakhstan kenya korea kosovo kuwait laos
    latvia lebanon libya lithuania luxembourg macedonia malawi malaysia mali malta
    mexico moldova mongolia montenegro morocco mozambique myanmar namibia nepal
    netherlands nicaragua niger nigeria norway oman pakistan palestine panama paraguay
    peru philippines poland portugal qatar romania russia rwanda scotland senegal serbia
    singapore slovakia slovenia somalia spain sudan sweden switzerland syria taiwan
    tajikistan tanzania thailand tunisia turkey uganda ukraine uruguay uzbekistan
    venezuela vietnam wales yemen zambia zimbabwe u.s. u.k. us uk usa u.s.a. ussr
    europe asia africa america antarctica california texas florida crimea washington
    london paris berlin moscow beijing tokyo vienna geneva brussels damascus baghdad
    tehran kabul ankara istanbul cairo jerusalem rome madrid athens delhi mumbai chicago
    boston sydney toronto aleppo kunduz""".split()
) | {
    "united states",
    "united kingdom",
    "soviet union",
    "saudi arabia",
    "south africa",
    "north korea",
    "south korea",
    "new zealand",
    "sri lanka",
    "hong kong",
    "new york",
    "los angeles",
    "san francisco",
    "middle east",
    "west germany",
    "east germany",
    "european union",
    "costa rica",
    "puerto rico",
    "united arab emirates",
    "new york city",
}
