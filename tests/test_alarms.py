"""What each alarm watches, and that our own code tells what the alarms on it wait for."""

import re
from pathlib import Path
from typing import Any, get_args

from membership.services.evaluating import Verdict
from tests.template import of_type, resources

FUNCTIONS = Path(__file__).parents[1] / "functions"
WATCHED = {
    "FunctionErrors": ("AWS/Lambda", "Errors"),
    "ScheduledErrors": ("AWS/Lambda", "Errors"),
    "ApiErrors": ("AWS/ApiGateway", "5XXError"),
    "DeliveryDeadLettersWaiting": ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
    "DeliveriesBehind": ("AWS/SQS", "ApproximateAgeOfOldestMessage"),
    "EvaluateFailuresWaiting": ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
    "PublishFailuresWaiting": ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
    "ReviewFailuresWaiting": ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
    "RankFailuresWaiting": ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
    "EvaluateBehind": ("AWS/Lambda", "IteratorAge"),
    "PublishBehind": ("AWS/Lambda", "IteratorAge"),
    "MembersParked": ("ours", "MembersParked"),
    "MembersDiffer": ("ours", "MembersDiffer"),
    "ReconciliationMissed": ("ours", "MembersReconciled"),
    "ReviewMissed": ("AWS/Lambda", "Invocations"),
    "RankMissed": ("AWS/Lambda", "Invocations"),
    "FunctionsThrottled": ("AWS/Lambda", "Throttles"),
}
THROTTLED = {("AWS/DynamoDB", "ReadThrottleEvents"), ("AWS/DynamoDB", "WriteThrottleEvents")}
OURS = "Tierwise/${AWS::StackName}"
ALARMS = of_type(resources(), "AWS::CloudWatch::Alarm")


def metrics(alarm: dict[str, Any]) -> set[tuple[str, str]]:
    """Namespace and name; of a sum, those of all its parts."""
    parts = [one["MetricStat"]["Metric"] for one in alarm.get("Metrics", ()) if "MetricStat" in one]
    told = [(one["Namespace"], one["MetricName"]) for one in parts or [alarm]]
    return {("ours" if namespace == OURS else namespace, name) for namespace, name in told}


def test_nothing_that_has_to_be_heard_of_is_without_its_alarm() -> None:
    watched = {name: {one} for name, one in WATCHED.items()} | {"TablesThrottled": THROTTLED}
    assert {name: metrics(alarm) for name, alarm in ALARMS.items()} == watched


def test_what_the_alarms_on_our_own_metrics_wait_for_is_told() -> None:
    """Powertools puts the service, which is the function's folder, beside each metric."""
    reconcile = (FUNCTIONS / "reconcile" / "app.py").read_text("utf-8")
    told = {
        "evaluate": {f"Members{verdict.capitalize()}" for verdict in get_args(Verdict)},
        "reconcile": set(re.findall(r'add_metric\("(\w+)"', reconcile)),
    }
    for alarm in ALARMS.values():
        if alarm.get("Namespace") == OURS:
            (service,) = alarm["Dimensions"]
            assert service["Name"] == "service"
            assert alarm["MetricName"] in told[service["Value"]]
