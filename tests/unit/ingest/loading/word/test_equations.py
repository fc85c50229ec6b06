"""Equations of Word documents as linear text."""

import pytest

from ingest.loading.word import document as word
from tests.support.word_files import p, r, word_file


def m(text: str, properties: str = "") -> str:
    return f"<m:r>{properties}<m:t>{text}</m:t></m:r>"


def e(*inside: str, name: str = "e") -> str:
    return f"<m:{name}>{''.join(inside)}</m:{name}>"


MATRIX = f"<m:m><m:mr>{e(m('1'))}{e(m('2'))}</m:mr><m:mr>{e(m('3'))}{e(m('4'))}</m:mr></m:m>"
SUM = '<m:naryPr><m:chr m:val="∑"/></m:naryPr>'


@pytest.mark.parametrize(
    ("equation", "text"),
    [
        (m("2") + m("×") + m("monthly salary"), "2 × monthly salary"),
        (f"<m:f>{e(m('a+b'), name='num')}{e(m('2'), name='den')}</m:f>", "(a + b)/2"),
        (f"<m:sSup>{e(m('r'))}{e(m('2'), name='sup')}</m:sSup>" + m("h"), "r^2 h"),
        (f"<m:sSub>{e(m('a'))}{e(m('n+1'), name='sub')}</m:sSub>", "a_(n + 1)"),
        (f"<m:sSup>{e(m('e'))}{e(m('2x'), name='sup')}</m:sSup>", "e^(2x)"),
        (f"<m:rad><m:deg/>{e(m('x'))}</m:rad>", "√(x)"),
        (f"<m:rad>{e(m('3'), name='deg')}{e(m('x'))}</m:rad>", "3√(x)"),
        (
            f"<m:nary>{SUM}{e(m('k=1'), name='sub')}{e(m('n'), name='sup')}{e(m('k'))}</m:nary>",
            "∑_(k = 1)^n k",
        ),
        (f'<m:d><m:dPr><m:begChr m:val="["/><m:endChr m:val="]"/></m:dPr>{e(m("x"))}{e(m("y"))}</m:d>', "[x| y]"),
        (f"<m:d>{e(MATRIX)}</m:d>", "(1, 2; 3, 4)"),
        (f"<m:func>{e(m('log'), name='fName')}{e(m('x'))}</m:func>", "log x"),
        (f"<m:limLow>{e(m('lim'))}{e(m('n→∞'), name='lim')}</m:limLow>", "lim_(n → ∞)"),
        (f"<m:f><m:fPr><m:type m:val='noBar'/></m:fPr>{e(m('n'), name='num')}{e(m('k'), name='den')}</m:f>", "(n ¦ k)"),
        (f"<m:phant><m:phantPr><m:show m:val='0'/></m:phantPr>{e(m('x'))}</m:phant>" + m("y"), "y"),
        (m("a", "<w:rPr><w:vanish/></w:rPr>") + m("b"), "b"),
        ("<w:del>" + m("a") + "</w:del>" + m("b"), "b"),
    ],
)
def test_equations_are_linear_text(equation: str, text: str) -> None:
    body = p(runs=r("It is ") + f"<m:oMath>{equation}</m:oMath>" + r("."))
    assert word.load(word_file(body)).text == f"It is {text}."


def test_equations_on_lines_of_their_own_are_paragraphs() -> None:
    body = p(runs=f"<m:oMathPara><m:oMath>{m('a=b')}</m:oMath></m:oMathPara>")
    assert word.load(word_file(p("So:") + body)).text == "So:\n\na = b"
