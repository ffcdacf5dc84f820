"""Names for the kinds of arrays that pictures are."""

import numpy as np
from numpy.typing import NDArray

# Brightness, 255 is white.
Grey = NDArray[np.uint8]
Mask = NDArray[np.bool_]
# Values for each pixel.
Floats = NDArray[np.float32]
# Places, matrices, sums.
Reals = NDArray[np.float64]
