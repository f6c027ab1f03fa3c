"""The published price formula in SQL: the second implementation, for whoever checks the first.

It shares nothing with `catalog.rating`, so that a mistake in one cannot confirm itself.
"""

# One row for each price version; NULL where it has no price for a meter.
PRICES = """
    select price_version_id,
           max(price_picos) filter (where meter = 'input')::numeric as input,
           max(price_picos) filter (where meter = 'output')::numeric as output,
           max(price_picos) filter (where meter = 'cache_read')::numeric as cache_read,
           max(price_picos) filter (where meter = 'cache_write_5m')::numeric as cache_write_5m,
           max(price_picos) filter (where meter = 'cache_write_1h')::numeric as cache_write_1h,
           max(price_picos) filter (where meter = 'web_search')::numeric as web_search
      from rate
     group by price_version_id
"""

# 10^-12 USD of the counts in `used` at the prices in `price`; a cache meter without a price counts as input.
PICOS = """
    coalesce(used.input * price.input, 0)
    + coalesce(used.output * price.output, 0)
    + coalesce(used.cache_read * coalesce(price.cache_read, price.input), 0)
    + coalesce(used.cache_write_5m * coalesce(price.cache_write_5m, price.input), 0)
    + coalesce(used.cache_write_1h * coalesce(price.cache_write_1h, price.input), 0)
    + coalesce(used.web_search * price.web_search, 0)
"""

# The numeric column `picos` rounded to nanos, half to even.
NANOS = """
    div(picos, 1000)
    + case
          when mod(picos, 1000) > 500 then 1
          when mod(picos, 1000) = 500 then mod(div(picos, 1000), 2)
          else 0
      end
"""
