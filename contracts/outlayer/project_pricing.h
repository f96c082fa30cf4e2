/* Projects whose operations have prices in stablecoin. A request to such a project names the operation in its input, and attaches at
 * least its price.
 *
 *     c <project id>   the prices
 *     C                set of the priced projects */
#pragma once
#include "outlayer/types.h"

/* False when the project has no prices. */
struct project_pricing *project_pricing_load(struct slice project_id);
/* Removes the prices; false when there were none. */
bool project_pricing_drop(struct slice project_id);

/* Ends the call unless `input` names an operation that the project sells for at most `attached`; or it is not priced. */
void operation_check(struct slice project_id, struct slice input, u128 attached);
/* The price of the operation that `input` names, and who wrote the project. False when it has none. */
bool operation_price(struct slice project_id, struct slice input, struct operation_price *price, struct slice *author);
