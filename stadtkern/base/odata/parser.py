"""Tokens into expressions, by recursive descent (OData 4.01 ABNF, `commonExpr`)."""

from collections.abc import Callable, Sequence
from typing import Literal

from stadtkern.base.odata import values
from stadtkern.base.odata.errors import QueryError, excerpt
from stadtkern.base.odata.functions import FUNCTIONS
from stadtkern.base.odata.lexer import Kind, Token, tokens_of
from stadtkern.base.odata.limits import LIMITS, Limits
from stadtkern.base.odata.nodes import (
    Binary,
    Boolean,
    Call,
    Expression,
    In,
    Instant,
    Null,
    Number,
    Operator,
    Path,
    Quantified,
    Text,
    Unary,
    depth,
)

COMPARISONS: dict[str, Operator] = {
    "eq": "eq", "ne": "ne", "gt": "gt", "ge": "ge", "lt": "lt", "le": "le",
}  # fmt: skip
SUMS: dict[str, Operator] = {"add": "add", "sub": "sub"}
PRODUCTS: dict[str, Operator] = {"mul": "mul", "div": "div", "mod": "mod"}
CONSTANTS: dict[str, Expression] = {
    "true": Boolean(value=True),
    "false": Boolean(value=False),
    "null": Null(),
}


class Parser:
    """The tokens of one query and how far they have been read."""

    def __init__(self, text: str, limits: Limits = LIMITS) -> None:
        self.text = text
        self.limits = limits
        self.tokens = tokens_of(text, limits)
        self.at = 0
        self.depth = 0
        self.expands = 0

    # ---- moving along

    @property
    def token(self) -> Token:
        """The token that is read next."""
        return self.tokens[self.at]

    def take(self) -> Token:
        """Return the next token and go on."""
        token = self.token
        if token.kind != Kind.END:
            self.at += 1
        return token

    def is_mark(self, mark: str) -> bool:
        """Return whether this punctuation mark comes next."""
        return self.token.kind == Kind.MARK and self.token.text == mark

    def accept(self, mark: str) -> bool:
        """Go on if this punctuation mark comes next, and say whether it did."""
        if found := self.is_mark(mark):
            self.take()
        return found

    def expect(self, mark: str) -> None:
        """Go on if this punctuation mark comes next."""
        if not self.accept(mark):
            raise self.wrong(f'"{mark}"')

    def word(self) -> str:
        """Return the name that comes next, in small letters; empty if none does."""
        return self.token.text.lower() if self.token.kind == Kind.NAME else ""

    def accept_word(self, *words: str) -> str:
        """Go on if one of these words comes next, and return it."""
        found = self.word()
        if found in words:
            self.take()
            return found
        return ""

    def name(self, what: str = "a name") -> str:
        """Return the name that comes next and go on."""
        if self.token.kind != Kind.NAME:
            raise self.wrong(what)
        return self.take().text

    def wrong(self, expected: str) -> QueryError:
        """Return the error that something else was expected here."""
        position = self.token.position
        return QueryError(
            f"Expected {expected} at character {position + 1}, found {excerpt(self.text, position)}."
        )

    def end(self) -> None:
        """Fail if something is left."""
        if self.token.kind != Kind.END:
            raise self.wrong("the end")

    def deeper(self) -> None:
        """Count one level of nesting more."""
        self.depth += 1
        if self.depth > self.limits.depth:
            raise self.too_deep()

    def too_deep(self) -> QueryError:
        """Return the error that the query nests too deep."""
        return QueryError(f"The query nests deeper than {self.limits.depth} levels.")

    # ---- expressions, loosest binding first

    def expression(self) -> Expression:
        """Read a whole expression."""
        self.deeper()
        parts = [self.conjunction()]
        while self.accept_word("or"):
            parts.append(self.conjunction())
        self.depth -= 1
        found = balanced("or", parts)
        if self.depth == 0 and depth(found) > self.limits.depth:
            raise self.too_deep()
        return found

    def conjunction(self) -> Expression:
        """Read what `and` joins."""
        parts = [self.negation()]
        while self.accept_word("and"):
            parts.append(self.negation())
        return balanced("and", parts)

    def negation(self) -> Expression:
        """Read a condition, or its contrary: `not` binds looser than comparisons."""
        if self.word() == "not" and not self._is_path_ahead():
            self.take()
            self.deeper()
            operand = self.negation()
            self.depth -= 1
            return Unary("not", operand)
        return self.comparison()

    def _is_path_ahead(self) -> bool:
        following = self.tokens[self.at + 1]
        return following.kind == Kind.MARK and following.text == "/"

    def comparison(self) -> Expression:
        """Read a comparison."""
        left = self.sum()
        while True:
            if operator := self.accept_word(*COMPARISONS):
                left = Binary(COMPARISONS[operator], left, self.sum())
            elif self.accept_word("in"):
                left = In(left, self.choices())
            else:
                return left

    def choices(self) -> tuple[Expression, ...]:
        """Read the list behind `in`."""
        self.expect("(")
        found = [self.expression()]
        while self.accept(","):
            found.append(self.expression())
        self.expect(")")
        return tuple(found)

    def sum(self) -> Expression:
        """Read a sum."""
        left = self.product()
        while operator := self.accept_word(*SUMS):
            left = Binary(SUMS[operator], left, self.product())
        return left

    def product(self) -> Expression:
        """Read a product."""
        left = self.signed()
        while operator := self.accept_word(*PRODUCTS):
            left = Binary(PRODUCTS[operator], left, self.signed())
        return left

    def signed(self) -> Expression:
        """Read a value with or without a minus."""
        if not self.accept("-"):
            return self.primary()
        self.deeper()
        operand = self.signed()
        self.depth -= 1
        return Number(-operand.value) if isinstance(operand, Number) else Unary("-", operand)

    def primary(self) -> Expression:
        """Read a value, a path, a call or what stands in parentheses."""
        token = self.token
        if self.accept("("):
            inner = self.expression()
            self.expect(")")
            return inner
        if token.kind == Kind.NAME or (token.kind == Kind.OPTION and token.text == "$it"):
            return self.named()
        return self.value()

    def value(self) -> Expression:
        """Read a value."""
        token = self.token
        readers: dict[Kind, Callable[[str], Expression]] = {
            Kind.NUMBER: values.number,
            Kind.TEXT: Text,
            Kind.TYPED: values.typed,
            Kind.TIME: values.time_value,
            Kind.CLOCK: values.clock,
        }
        if token.kind not in readers:
            raise self.wrong("a value, a property or a function")
        self.take()
        found = readers[token.kind](token.text)
        if isinstance(found, Instant) and self.is_mark("/"):
            return self.period(found)
        return found

    def period(self, start: Instant) -> Expression:
        """Read the rest of a period: its end, or its length."""
        self.expect("/")
        token = self.take()
        if token.kind == Kind.TIME:
            end = values.time_value(token.text)
            if isinstance(end, Instant):
                return values.period(start.value, end.value)
        if token.kind == Kind.NAME:
            return values.period(start.value, values.later(start.value, values.duration(token.text)))
        self.at -= token.kind != Kind.END
        raise self.wrong("the end of the period")

    def named(self) -> Expression:
        """Read what begins with a name."""
        token = self.token
        following = self.tokens[self.at + 1]
        if following.kind == Kind.MARK and following.text == "(":
            return self.call()
        if token.text.lower() in CONSTANTS and not self._is_path_ahead():
            self.take()
            return CONSTANTS[token.text.lower()]
        return self.path()

    def call(self) -> Expression:
        """Read a function and its arguments."""
        token = self.take()
        name = token.text.lower()
        if name not in FUNCTIONS:
            raise QueryError(
                f'There is no function "{token.text}" (character {token.position + 1}); '
                f"known are {', '.join(FUNCTIONS)}."
            )
        self.expect("(")
        arguments: list[Expression] = []
        if not self.is_mark(")"):
            arguments.append(self.expression())
            while self.accept(","):
                arguments.append(self.expression())
        self.expect(")")
        least, most = FUNCTIONS[name]
        if not least <= len(arguments) <= most:
            wanted = f"{least}" if least == most else f"{least} to {most}"
            raise QueryError(f"The function {name} takes {wanted} arguments, not {len(arguments)}.")
        return Call(name, tuple(arguments))

    # ---- paths

    def path(self) -> Path | Quantified:
        """Read a path, and `any` or `all` at its end."""
        steps: list[str | int] = [self.take().text]
        while True:
            if self.accept("["):
                steps.append(self.index())
            elif self.accept("/"):
                if quantified := self.quantified(tuple(steps)):
                    return quantified
                steps.append(self.step())
            else:
                return Path(tuple(steps))
            if len(steps) > self.limits.segments:
                raise QueryError(f"A path has more than {self.limits.segments} steps.")

    def step(self) -> str:
        """Read one step of a path: a name, a number, or any text in quotes."""
        if self.token.kind in {Kind.NAME, Kind.NUMBER, Kind.TEXT}:
            return self.take().text
        raise self.wrong("the name of a property")

    def index(self) -> int:
        """Read a place in a list, up to the closing bracket."""
        token = self.token
        found = values.number(token.text).value if token.kind == Kind.NUMBER else -1
        if not isinstance(found, int) or not 0 <= found <= 10**9:  # no list is longer
            raise self.wrong("a whole number")
        self.take()
        self.expect("]")
        return found

    def quantified(self, steps: tuple[str | int, ...]) -> Quantified | None:
        """Read `any(x:condition)` or `all(x:condition)` if one comes next."""
        kind = self.word()
        following = self.tokens[self.at + 1] if kind else self.token
        if kind not in {"any", "all"} or following.text != "(" or following.kind != Kind.MARK:
            return None
        self.take()
        self.take()
        variable, condition = "", None
        if not self.is_mark(")"):
            variable = self.name("a variable")
            self.expect(":")
            condition = self.expression()
        self.expect(")")
        if kind == "all" and condition is None:
            raise QueryError("all() needs a condition.")
        return Quantified(Path(steps), "any" if kind == "any" else "all", variable, condition)


def balanced(operator: Literal["and", "or"], parts: Sequence[Expression]) -> Expression:
    """Return all `parts` joined, in a tree that is as flat as can be."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return Binary(operator, balanced(operator, parts[:middle]), balanced(operator, parts[middle:]))


def parse_expression(text: str, limits: Limits = LIMITS) -> Expression:
    """Return the expression that `text` writes."""
    parser = Parser(text, limits)
    found = parser.expression()
    parser.end()
    return found
