"""Our client of Alipay, against keys of our own making, an independent client and the stand-in."""
