"""What every test of a figure leaves behind: nothing."""

import matplotlib.pyplot as plt
import pytest


@pytest.fixture(autouse=True)
def closed():
    """No figure of one test is open in the next."""
    plt.close("all")
    yield
    plt.close("all")
