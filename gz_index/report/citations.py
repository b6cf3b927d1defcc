"""References of the methods, as they stand in the docstrings of these."""

from __future__ import annotations

from gz_index._version import __version__
from gz_index.index import Source

__all__ = ["CITATIONS", "software"]


def _paper(
    key: str, author: str, year: int, title: str, journal: str, place: str, doi: str = ""
) -> Source:
    volume, _, pages = place.partition(":")
    fields = {"type": "article", "journal": journal, "volume": volume, "pages": pages, "doi": doi}
    return Source(key=key, author=author, year=year, title=title, fields=fields)


def _book(key: str, author: str, year: int, title: str, publisher: str, doi: str = "") -> Source:
    fields = {"type": "book", "publisher": publisher, "doi": doi}
    return Source(key=key, author=author, year=year, title=title, fields=fields)


_ALL = (
    _book(
        "oecd2008",
        "{OECD} and {European Commission Joint Research Centre}",
        2008,
        "Handbook on Constructing Composite Indicators: Methodology and User Guide",
        "OECD Publishing, Paris",
        "10.1787/9789264043466-en",
    ),
    _paper(
        "shannon1948",
        "Shannon, C. E.",
        1948,
        "A mathematical theory of communication",
        "Bell System Technical Journal",
        "27:379-423",
    ),
    _paper(
        "diakoulaki1995",
        "Diakoulaki, D. and Mavrotas, G. and Papayannakis, L.",
        1995,
        "Determining objective weights in multiple criteria problems: the CRITIC method",
        "Computers \\& Operations Research",
        "22(7):763-770",
        "10.1016/0305-0548(94)00059-H",
    ),
    _paper(
        "keshavarz2021",
        "Keshavarz-Ghorabaee, M. and Amiri, M. and Zavadskas, E. K. and Turskis, Z. and "
        "Antucheviciene, J.",
        2021,
        "Determination of objective weights using a new method based on the removal effects of "
        "criteria (MEREC)",
        "Symmetry",
        "13(4):525",
        "10.3390/sym13040525",
    ),
    _paper(
        "zavadskas2016",
        "Zavadskas, E. K. and Podvezko, V.",
        2016,
        "Integrated determination of objective criteria weights in MCDM",
        "International Journal of Information Technology \\& Decision Making",
        "15(2):267-283",
    ),
    _paper(
        "ecer2022",
        "Ecer, F. and Pamucar, D.",
        2022,
        "A novel LOPCOW-DOBI multi-criteria sustainability performance assessment methodology: an "
        "application in developing country banking sector",
        "Omega",
        "112:102690",
        "10.1016/j.omega.2022.102690",
    ),
    _book(
        "jolliffe2002",
        "Jolliffe, I. T.",
        2002,
        "Principal Component Analysis, 2nd ed.",
        "Springer",
        "10.1007/b98835",
    ),
    _paper(
        "nicoletti2000",
        "Nicoletti, G. and Scarpetta, S. and Boylaud, O.",
        2000,
        "Summary indicators of product market regulation",
        "OECD Economics Department Working Papers",
        "226",
        "10.1787/215182844604",
    ),
    _paper(
        "kaufmann1999",
        "Kaufmann, D. and Kraay, A. and Zoido-Lobaton, P.",
        1999,
        "Aggregating governance indicators",
        "World Bank Policy Research Working Paper",
        "2195",
    ),
    _book("saaty1980", "Saaty, T. L.", 1980, "The Analytic Hierarchy Process", "McGraw-Hill"),
    _paper(
        "rezaei2015",
        "Rezaei, J.",
        2015,
        "Best-worst multi-criteria decision-making method",
        "Omega",
        "53:49-57",
        "10.1016/j.omega.2014.11.009",
    ),
    _paper(
        "casadio2013",
        "Casadio Tarabusi, E. and Guarini, G.",
        2013,
        "An unbalance adjustment method for development indicators",
        "Social Indicators Research",
        "112(1):19-45",
        "10.1007/s11205-012-0070-4",
    ),
    _paper(
        "yager1988",
        "Yager, R. R.",
        1988,
        "On ordered weighted averaging aggregation operators in multicriteria decisionmaking",
        "IEEE Transactions on Systems, Man, and Cybernetics",
        "18(1):183-190",
        "10.1109/21.87068",
    ),
    _paper(
        "mazziotta2016",
        "Mazziotta, M. and Pareto, A.",
        2016,
        "On a generalized non-compensatory composite index for measuring socio-economic phenomena",
        "Social Indicators Research",
        "127(3):983-1003",
        "10.1007/s11205-015-0998-2",
    ),
    _book(
        "hwang1981",
        "Hwang, C.-L. and Yoon, K.",
        1981,
        "Multiple Attribute Decision Making",
        "Springer",
        "10.1007/978-3-642-48318-9",
    ),
    _paper(
        "hellwig1968",
        "Hellwig, Z.",
        1968,
        "On the application of the taxonomic method to the typological division of countries",
        "Przeglad Statystyczny",
        "15(4):307-327",
    ),
    _paper(
        "deng1989",
        "Deng, J.",
        1989,
        "Introduction to grey system theory",
        "Journal of Grey System",
        "1(1):1-24",
    ),
    _paper(
        "munda2009",
        "Munda, G. and Nardo, M.",
        2009,
        "Noncompensatory/nonlinear composite indicators for ranking countries: a defensible "
        "setting",
        "Applied Economics",
        "41(12):1513-1523",
        "10.1080/00036840601019364",
    ),
    _paper(
        "young1978",
        "Young, H. P. and Levenglick, A.",
        1978,
        "A consistent extension of Condorcet's election principle",
        "SIAM Journal on Applied Mathematics",
        "35(2):285-300",
        "10.1137/0135023",
    ),
    _paper(
        "cherchye2007",
        "Cherchye, L. and Moesen, W. and Rogge, N. and Van Puyenbroeck, T.",
        2007,
        "An introduction to `benefit of the doubt' composite indicators",
        "Social Indicators Research",
        "82(1):111-145",
        "10.1007/s11205-006-9029-7",
    ),
    _paper(
        "guo2020",
        "郭峰 and 王靖一 and 王芳 and 孔涛 and 张勋 and 程志云",
        2020,
        "测度中国数字普惠金融发展：指数编制与空间特征",
        "经济学（季刊）",
        "19(4):1401-1418",
    ),
    _paper(
        "becker2022",
        "Becker, W. and Caperna, G. and Del Sorbo, M. and Norlen, H. and Papadimitriou, E. and "
        "Saisana, M.",
        2022,
        "COINr: An R package for developing composite indicators",
        "Journal of Open Source Software",
        "7(78):4567",
        "10.21105/joss.04567",
    ),
    _paper(
        "dempster1977",
        "Dempster, A. P. and Laird, N. M. and Rubin, D. B.",
        1977,
        "Maximum likelihood from incomplete data via the EM algorithm",
        "Journal of the Royal Statistical Society B",
        "39:1-38",
    ),
    _paper(
        "vanbuuren2011",
        "van Buuren, S. and Groothuis-Oudshoorn, K.",
        2011,
        "mice: multivariate imputation by chained equations in R",
        "Journal of Statistical Software",
        "45(3)",
        "10.18637/jss.v045.i03",
    ),
)

#: by key
CITATIONS: dict[str, Source] = {s.key: s for s in _ALL}


def software() -> Source:
    """Return the reference of this package."""
    return Source(key="gz_index", title="gz_index", fields={"version": __version__})
