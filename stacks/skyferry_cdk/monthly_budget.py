"""MonthlyBudget: a mail before the bill is larger than expected."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_budgets as budgets
from constructs import Construct


class MonthlyBudget(Construct):
    """Costs of a calendar month: a mail when 80 % are spent, and when the forecast passes the whole.

    With `tags`, of resources with all of these cost-allocation tags, which somebody must have activated in the
    billing console; without, of the account.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - the name every construct uses
        *,
        usd: float,
        email: str,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(scope, id)
        if not cdk.Token.is_unresolved(usd) and usd <= 0:
            raise ValueError(f"{self.node.path}: usd: {usd:g} is not more than 0")
        self.budget = budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=usd, unit="USD"),
                cost_filters=(
                    {"TagKeyValue": [f"user:{key}${value}" for key, value in tags.items()]}
                    if tags
                    else None
                ),
            ),
            notifications_with_subscribers=[
                _mail("ACTUAL", 80, email),
                _mail("FORECASTED", 100, email),
            ],
        )


def _mail(
    kind: str, percent: float, email: str
) -> budgets.CfnBudget.NotificationWithSubscribersProperty:
    return budgets.CfnBudget.NotificationWithSubscribersProperty(
        notification=budgets.CfnBudget.NotificationProperty(
            notification_type=kind,
            comparison_operator="GREATER_THAN",
            threshold=percent,
            threshold_type="PERCENTAGE",
        ),
        subscribers=[
            budgets.CfnBudget.SubscriberProperty(subscription_type="EMAIL", address=email)
        ],
    )
