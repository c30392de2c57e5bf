"""From the text of a formula to its tree.

    formula    = or
    or         = and { "or" and }
    and        = not { "and" not }
    not        = "not" not | comparison
    comparison = sum [ ("<" | "<=" | ">" | ">=" | "==" | "!=") sum ]
    sum        = product { ("+" | "-") product }
    product    = sign { ("*" | "/") sign }
    sign       = "-" sign | power
    power      = atom [ "^" sign ]
    atom       = number [ text ] | name | name "(" [ argument { "," argument } ] ")" | "(" or ")"
    argument   = or | text

A text is a unit (UCUM) in double quotes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from django.utils.translation import gettext as _

LONGEST = 2000
MOST_NODES = 400
DEEPEST = 40
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r'|"(?P<text>[^"]{1,50})"|(?P<sign><=|>=|==|!=|[-+*/^(),<>]))',
    re.ASCII,
)
COMPARISONS = frozenset({"<", "<=", ">", ">=", "==", "!="})
WORDS = frozenset({"and", "or", "not"})


class FormulaError(ValueError):
    """A formula cannot be used; the text says what is wrong and where."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number, perhaps with its unit."""

    value: float
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """A unit as argument of a function."""

    value: str


@dataclass(frozen=True, slots=True)
class Name:
    """A series by the name the formula gives it, or a table."""

    name: str


@dataclass(frozen=True, slots=True)
class Minus:
    """The negative of something."""

    of: "Node"


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a yes or no."""

    of: "Node"


@dataclass(frozen=True, slots=True)
class Binary:
    """Two things joined by a sign or a word."""

    sign: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    name: str
    arguments: tuple["Node", ...]


Node: TypeAlias = Number | Text | Name | Minus | Not | Binary | Call


class Token(NamedTuple):
    """A piece of the text."""

    kind: str
    text: str
    at: int


def parse(text: str) -> Node:
    """Return the tree of a formula.

    Raises
    ------
    FormulaError
        if it cannot be read, is too long, too deep or has too many parts.
    """
    if len(text) > LONGEST:
        raise FormulaError(_("The formula is longer than %(most)d characters.") % {"most": LONGEST})
    return _Parser(_tokens(text)).whole()


def names_in(node: Node) -> Iterator[str]:
    """Yield the names of series and tables in a formula, as often as they stand there."""
    if isinstance(node, Name):
        yield node.name
    for part in parts(node):
        yield from names_in(part)


def parts(node: Node) -> tuple[Node, ...]:
    """Return what a node is made of."""
    if isinstance(node, Binary):
        return (node.left, node.right)
    if isinstance(node, Minus | Not):
        return (node.of,)
    return node.arguments if isinstance(node, Call) else ()


def _tokens(text: str) -> list[Token]:
    found = []
    at = 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            rest = text[at:].lstrip()
            raise _at(
                len(text) - len(text[at:].lstrip()), _("“%(sign)s” has no meaning here") % {"sign": rest[:1]}
            )
        kind = match.lastgroup
        found.append(Token(kind, match[kind], match.start(kind)))
        at = match.end()
    return [*found, Token("end", "", len(text))]


def _at(position: int, problem: str) -> FormulaError:
    words = {"at": position + 1, "problem": problem}
    return FormulaError(_("Character %(at)d: %(problem)s.") % words)


class _Parser:
    """Reads tokens from left to right."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0
        self.nodes = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def take(self, *texts: str) -> str:
        """Return the sign or word that comes next, if it is one of these; else nothing."""
        token = self.token
        if token.kind in {"sign", "name"} and token.text in texts:
            self.position += 1
            return token.text
        return ""

    def need(self, text: str) -> None:
        """Read a sign that has to come next."""
        if not self.take(text):
            raise self.unexpected(_("“%(sign)s” is missing") % {"sign": text})

    def unexpected(self, problem: str) -> FormulaError:
        """Return what is wrong at the present place."""
        return _at(self.token.at, problem)

    def node(self, made: Node) -> Node:
        """Count a node."""
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise self.unexpected(_("the formula has too many parts"))
        return made

    def whole(self) -> Node:
        """Return the tree of everything."""
        found = self.either()
        if self.token.kind != "end":
            raise self.unexpected(_("“%(text)s” does not fit here") % {"text": self.token.text})
        return found

    def either(self) -> Node:
        """Read alternatives."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.unexpected(_("the formula is nested too deeply"))
        found = self.both()
        while self.take("or"):
            found = self.node(Binary("or", found, self.both()))
        self.depth -= 1
        return found

    def both(self) -> Node:
        """Read what has to hold together."""
        found = self.opposite()
        while self.take("and"):
            found = self.node(Binary("and", found, self.opposite()))
        return found

    def opposite(self) -> Node:
        """Read a comparison or its opposite."""
        turns = 0
        while self.take("not"):
            turns += 1
        found = self.comparison()
        return self.node(Not(found)) if turns % 2 else found

    def comparison(self) -> Node:
        """Read two sums that are compared, or one."""
        left = self.sum()
        sign = self.take(*COMPARISONS)
        return self.node(Binary(sign, left, self.sum())) if sign else left

    def sum(self) -> Node:
        """Read terms."""
        found = self.product()
        while sign := self.take("+", "-"):
            found = self.node(Binary(sign, found, self.product()))
        return found

    def product(self) -> Node:
        """Read factors."""
        found = self.sign()
        while sign := self.take("*", "/"):
            found = self.node(Binary(sign, found, self.sign()))
        return found

    def sign(self) -> Node:
        """Read something with signs before it."""
        turns = 0
        while self.take("-"):
            turns += 1
        found = self.power()
        return self.node(Minus(found)) if turns % 2 else found

    def power(self) -> Node:
        """Read something that may be raised to a power; from right to left."""
        base = self.atom()
        if not self.take("^"):
            return base
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.unexpected(_("the formula is nested too deeply"))
        exponent = self.sign()
        self.depth -= 1
        return self.node(Binary("^", base, exponent))

    def atom(self) -> Node:
        """Read a number, a name, a call or something in brackets."""
        token = self.token
        if token.kind == "number":
            self.position += 1
            return self.number(token)
        if token.kind == "name" and token.text not in WORDS:
            self.position += 1
            return self.call(token) if self.take("(") else self.node(Name(token.text))
        if self.take("("):
            found = self.either()
            self.need(")")
            return found
        if token.kind == "end":
            raise self.unexpected(_("something is missing at the end"))
        raise self.unexpected(_("“%(text)s” does not fit here") % {"text": token.text})

    def number(self, token: Token) -> Node:
        """Read a number and the unit behind it."""
        value = float(token.text)
        if value in {float("inf"), float("-inf")}:
            raise _at(token.at, _("the number is too large"))
        unit = None
        if self.token.kind == "text":
            unit = self.token.text
            self.position += 1
        return self.node(Number(value, unit))

    def call(self, token: Token) -> Node:
        """Read the arguments of a function."""
        arguments: list[Node] = []
        if not self.take(")"):
            arguments.append(self.argument())
            while self.take(","):
                arguments.append(self.argument())
            self.need(")")
        return self.node(Call(token.text, tuple(arguments)))

    def argument(self) -> Node:
        """Read one argument."""
        if self.token.kind == "text":
            self.position += 1
            return self.node(Text(self.tokens[self.position - 1].text))
        return self.either()
