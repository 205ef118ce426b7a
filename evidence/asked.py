"""Who is asked in every figure: the product, its networks by themselves, and the rivals.

Next: `tallies.py`, which counts what they answer; `rivals.py`, how the rivals work.
"""

from evidence.figure import Context
from evidence.rivals import LeastSquares
from evidence.tallies import Method, network, product, rival

LEAST_SQUARES, DERIVATIVE = "least squares, 3%", "first derivative, 3%"


def methods(context: Context) -> dict[str, Method]:
    """The product and its networks by themselves, then the rivals."""
    result: dict[str, Method] = {}
    for label, identifier in context.identifiers().items():
        result[product_of(label)] = product(identifier)
        result[network_of(label)] = network(identifier)
    references = context.references().inside
    result[LEAST_SQUARES] = rival(LeastSquares(references))
    result[DERIVATIVE] = rival(LeastSquares(references, derivative=True))
    return result


def product_of(label: str) -> str:
    """What tables call the product with the network `label`."""
    return f"RaMixNet {label} and library fit"


def network_of(label: str) -> str:
    return f"RaMixNet {label} alone"
