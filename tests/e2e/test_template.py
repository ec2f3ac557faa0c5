"""What the deployed template promises, read from what CloudFormation made of it."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from membership.http.problems import KINDS, URN
from membership.services.dispatching import UNDER_WAY
from tests.template import of_type
from tools import sam
from tools.deploy import STACK_NAME, Stack

Resource = dict[str, Any]

FUNCTIONS = Path(__file__).parents[2] / "functions"
LAMBDAS_OWN = ["boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six.py", "urllib3"]
"""What every Python runtime of Lambda brings along."""


@pytest.fixture(scope="module")
def template(stack: Stack) -> dict[str, Any]:
    """The template after both transforms."""
    formation = stack.emulator.client("cloudformation")
    body = formation.get_template(StackName=STACK_NAME, TemplateStage="Processed")["TemplateBody"]
    found: dict[str, Any] = json.loads(body if isinstance(body, str) else json.dumps(body))
    return found


@pytest.fixture(scope="module")
def resources(template: dict[str, Any]) -> dict[str, Resource]:
    found: dict[str, Resource] = template["Resources"]
    return found


def statements(role: dict[str, Any]) -> list[dict[str, Any]]:
    return [s for policy in role["Policies"] for s in policy["PolicyDocument"]["Statement"]]


def lent(resources: dict[str, Resource]) -> dict[str, Any]:
    """Policies that are only there where a channel of the account is switched on, in the form of a role."""
    return {name: {"Policies": [policy]} for name, policy in of_type(resources, "AWS::IAM::Policy").items()}


def each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from strings(part)


# ── Rights ────────────────────────────────────────────────────────────────────────────────────────


def test_every_function_has_a_role_of_its_own(resources: dict[str, Resource]) -> None:
    functions = of_type(resources, "AWS::Lambda::Function")
    roles = {name: properties["Role"]["Fn::GetAtt"][0] for name, properties in functions.items()}
    assert roles == {name: name.replace("Function", "Role") for name in functions}
    folders = {path.parent.name.capitalize() for path in FUNCTIONS.glob("*/app.py")}
    assert {name.removesuffix("Function") for name in functions} == folders


def test_roles_name_every_action_and_every_resource(resources: dict[str, Resource]) -> None:
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        assert "ManagedPolicyArns" not in role, f"{name}: AWS's own policies are on all resources"
    for name, role in (of_type(resources, "AWS::IAM::Role") | lent(resources)).items():
        for statement in statements(role):
            assert "NotAction" not in statement, name
            assert "NotResource" not in statement, name
            assert not [
                text for text in strings([statement["Action"], statement["Resource"]]) if "*" in text
            ], name


def test_nobody_may_change_what_the_ledger_holds_and_the_eraser_alone_may_remove_it(
    resources: dict[str, Resource],
) -> None:
    may = {
        (name, action)
        for name, role in of_type(resources, "AWS::IAM::Role").items()
        for statement in statements(role)
        if any("Ledger" in text for text in strings(statement["Resource"]))
        for action in each(statement["Action"])
        if action.startswith("dynamodb:")
    }
    reading_streams = {
        f"dynamodb:{name}" for name in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
    }
    harmless = {f"dynamodb:{name}" for name in ("PutItem", "GetItem", "BatchGetItem", "Query")}
    more = {(name, action) for name, action in may if action not in harmless | reading_streams}
    assert more == {("EraseRole", "dynamodb:DeleteItem")}


def test_what_one_function_may_another_may_not(stack: Stack) -> None:
    """With the functions' own credentials: each may do what it is for, and is refused the rest."""
    ledger = {"TableName": stack.outputs["LedgerTable"]}
    fact = {"pk": {"S": "rights#m1"}, "sk": {"S": "probe#1"}}  # neither fact nor outcome: no stream takes it
    calls = {
        "append": lambda client: client.put_item(**ledger, Item=fact),
        "read": lambda client: client.get_item(**ledger, Key=fact),
        "list": lambda client: client.query(
            **ledger, KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": fact["pk"]}
        ),
        "change": lambda client: client.update_item(**ledger, Key=fact, UpdateExpression="SET a = pk"),
        "remove": lambda client: client.delete_item(**ledger, Key=fact),
    }
    allowed = {
        name: {call for call, attempt in calls.items() if _permitted(client, attempt)}
        for name in stack.functions
        for client in [_as_function(stack, name, "dynamodb")]
    }
    assert allowed == {
        "IngestFunction": {"append", "read", "list"},
        "EvaluateFunction": {"append", "read", "list"},
        "RebuildFunction": {"append", "list"},
        "ReviewFunction": {"append"},
        "RankFunction": {"append", "list"},
        "ReconcileFunction": {"list"},
        "ReportFunction": set(),
        "MembersFunction": {"list"},
        "RedeemFunction": {"append", "read", "list"},
        "OperateFunction": {"append", "read", "list"},
        "EraseFunction": {"list", "remove"},
        "AuthorizeFunction": set(),
        "PublishFunction": set(),
        "DispatchFunction": set(),
    }


def test_who_scans_for_members_reads_no_secrets(stack: Stack) -> None:
    def scan(*attributes: str) -> Callable[[Any], Any]:
        asked: dict[str, Any] = {"TableName": stack.outputs["StateTable"], "Limit": 1}
        if attributes:
            asked |= {"Select": "SPECIFIC_ATTRIBUTES", "ProjectionExpression": ", ".join(attributes)}
        return lambda client: client.scan(**asked)

    for name in stack.functions:
        client = _as_function(stack, name, "dynamodb")
        may = ("ReviewFunction", "RankFunction", "ReconcileFunction", "ReportFunction", "EraseFunction")
        members = name in may
        assert _permitted(client, scan("pk", "sk", "body")) is members, name
        assert not _permitted(client, scan("pk", "settings")), f"{name}: of channels"
        assert not _permitted(client, scan()), f"{name}: everything"


def test_only_operators_fill_the_delivery_queue_by_hand(stack: Stack) -> None:
    def send(client: Any) -> None:
        client.send_message(QueueUrl=stack.outputs["DeliveryDeadLettersUrl"], MessageBody="{}")

    assert not _permitted(_as_function(stack, "IngestFunction", "sqs"), send)
    assert not _permitted(_as_function(stack, "OperateFunction", "sqs"), send), (
        "the queue, not its dead letters"
    )


def _as_function(stack: Stack, function: str, service: str) -> Any:
    role = stack.emulator.client("lambda").get_function_configuration(FunctionName=stack.functions[function])[
        "Role"
    ]
    lent = stack.emulator.client("sts").assume_role(RoleArn=role, RoleSessionName=function)["Credentials"]
    return stack.emulator.client(
        service,
        aws_access_key_id=lent["AccessKeyId"],
        aws_secret_access_key=lent["SecretAccessKey"],
        aws_session_token=lent["SessionToken"],
    )


def _permitted(client: Any, attempt: Any) -> bool:
    try:
        attempt(client)
    except client.exceptions.ClientError as refused:
        if refused.response["Error"]["Code"] not in ("AccessDeniedException", "AccessDenied"):
            raise
        return False
    return True


# ── Data, and what watches it ─────────────────────────────────────────────────────────────────────


def test_tables_are_hard_to_lose(resources: dict[str, Resource]) -> None:
    for name in ("Ledger", "State"):
        table, kept_in_prod = resources[name]["Properties"], {"Fn::If": ["IsProd", "Retain", "Delete"]}
        assert resources[name]["DeletionPolicy"] == resources[name]["UpdateReplacePolicy"] == kept_in_prod
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["SSESpecification"] == {"SSEEnabled": True}
        assert table["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}
        assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert {"DeletionProtection": "true", "Stage": "prod"}.items() <= sam.parameters("prod").items()


@pytest.mark.parametrize(("stage", "kept"), [("dev", 0), ("prod", 2)])
def test_the_tables_of_prod_outlive_their_stack(
    stack: Stack, template: dict[str, Any], stage: str, kept: int
) -> None:
    tables = {name: template["Resources"][name] for name in ("Ledger", "State")}
    parts = {part: template[part] for part in ("Parameters", "Conditions")}
    parameters = {"Stage": stage, "DeletionProtection": "false"}
    formation, name = stack.emulator.client("cloudformation"), f"tables-{stage}"
    formation.create_stack(
        StackName=name,
        TemplateBody=json.dumps({"Transform": "AWS::LanguageExtensions", **parts, "Resources": tables}),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_AUTO_EXPAND"],
    )
    formation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    formation.delete_stack(StackName=name)
    formation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    left = [table for table in stack.emulator.client("dynamodb").list_tables()["TableNames"] if name in table]
    assert len(left) == kept


def test_every_function_logs_into_a_group_that_has_an_end(resources: dict[str, Resource]) -> None:
    groups = {g["LogGroupName"]["Fn::Sub"]: g for g in of_type(resources, "AWS::Logs::LogGroup").values()}
    for function in of_type(resources, "AWS::Lambda::Function").values():
        assert groups[f"/aws/lambda/{function['FunctionName']['Fn::Sub']}"]["RetentionInDays"] == {
            "Ref": "LogRetentionDays"
        }


def test_what_a_machine_gives_up_lands_where_somebody_looks(resources: dict[str, Resource]) -> None:
    queues = of_type(resources, "AWS::SQS::Queue")
    assert all(queue["SqsManagedSseEnabled"] for queue in queues.values())
    given_up = set(queues) - {"DeliveryQueue"}
    watched = {
        alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0]
        for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values()
        if alarm.get("MetricName") == "ApproximateNumberOfMessagesVisible"
    }
    assert watched == given_up
    streams = [
        m for m in of_type(resources, "AWS::Lambda::EventSourceMapping").values() if "FilterCriteria" in m
    ]
    assert len(streams) == 2
    for mapping in streams:
        assert mapping["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0] in given_up
        assert mapping["BisectBatchOnFunctionError"] is True
        assert mapping["MaximumRetryAttempts"] == 5
    assert queues["DeliveryQueue"]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0] in given_up


def test_no_alarm_has_more_metrics_than_cloudwatch_takes(resources: dict[str, Resource]) -> None:
    alarms = of_type(resources, "AWS::CloudWatch::Alarm")
    functions = of_type(resources, "AWS::Lambda::Function")
    for name, alarm in alarms.items():
        assert sum("MetricStat" in metric for metric in alarm.get("Metrics", ())) <= 10, name
    watched = {
        dimension["Value"]["Ref"]
        for name in ("FunctionErrors", "ScheduledErrors")
        for metric in alarms[name]["Metrics"]
        if "MetricStat" in metric
        for dimension in metric["MetricStat"]["Metric"]["Dimensions"]
    }
    assert watched == set(functions) - {"AuthorizeFunction"}, "which raises in order to answer 401"


def test_the_api_calls_published_versions_which_alone_can_start_from_a_snapshot(
    resources: dict[str, Resource],
) -> None:
    functions, aliases = of_type(resources, "AWS::Lambda::Function"), of_type(resources, "AWS::Lambda::Alias")
    body = json.dumps(resources["Api"]["Properties"]["Body"])
    assert set(re.findall(r"\b[A-Z][a-z]+Function\w*", body)) == set(aliases)
    published = {alias["FunctionName"]["Ref"] for alias in aliases.values()}
    assert published == {name for name, function in functions.items() if "SnapStart" in function}
    assert "AuthorizeFunction" in published


def test_whatever_can_be_throttled_is_watched(resources: dict[str, Resource]) -> None:
    alarms = of_type(resources, "AWS::CloudWatch::Alarm")

    def watched(alarm: str) -> set[tuple[str, ...]]:
        stats = [one["MetricStat"]["Metric"] for one in alarms[alarm]["Metrics"] if "MetricStat" in one]
        return {
            (stat["MetricName"], *(word for one in stat["Dimensions"] for word in strings(one["Value"])))
            for stat in stats
        }

    seldom = {"RebuildFunction", "ReconcileFunction", "ReportFunction", "EraseFunction"}
    functions = set(of_type(resources, "AWS::Lambda::Function")) - seldom
    assert watched("FunctionsThrottled") == {("Throttles", name) for name in functions}
    indexes = {one["IndexName"] for one in resources["State"]["Properties"]["GlobalSecondaryIndexes"]}
    assert watched("TablesThrottled") == {
        *((f"{way}ThrottleEvents", table) for way in ("Read", "Write") for table in ("Ledger", "State")),
        *(("WriteThrottleEvents", "State", index) for index in indexes),
    }


def test_a_schedule_that_does_not_fire_is_missed(resources: dict[str, Resource]) -> None:
    alarms = of_type(resources, "AWS::CloudWatch::Alarm")
    for name, function in (("ReviewMissed", "ReviewFunction"), ("RankMissed", "RankFunction")):
        assert alarms[name]["Dimensions"][0]["Value"] == {"Ref": function}
        assert alarms[name]["TreatMissingData"] == "breaching", "nothing at all is what is looked for"


def test_a_delivery_is_missed_before_its_queue_forgets_it(resources: dict[str, Resource]) -> None:
    alarm, queue = (resources[name]["Properties"] for name in ("DeliveriesBehind", "DeliveryQueue"))
    assert alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0] == "DeliveryQueue"
    assert alarm["Threshold"] <= queue["MessageRetentionPeriod"] / 4


def test_concurrency_is_kept_for_settling_where_it_is_asked_for(
    template: dict[str, Any], resources: dict[str, Resource]
) -> None:
    kept = {
        name: function["ReservedConcurrentExecutions"]
        for name, function in of_type(resources, "AWS::Lambda::Function").items()
        if "ReservedConcurrentExecutions" in function
    }
    asked = {"Fn::If": ["KeepsConcurrency", {"Ref": "EvaluateConcurrency"}, {"Ref": "AWS::NoValue"}]}
    assert kept == {"EvaluateFunction": asked}
    assert template["Parameters"]["EvaluateConcurrency"]["Default"] == 0


def test_function_and_queue_agree_on_the_last_attempt(resources: dict[str, Resource]) -> None:
    dispatch, queue = (resources[name]["Properties"] for name in ("DispatchFunction", "DeliveryQueue"))
    assert (
        int(dispatch["Environment"]["Variables"]["MAX_RECEIVES"]) == queue["RedrivePolicy"]["maxReceiveCount"]
    )
    assert queue["VisibilityTimeout"] >= 6 * dispatch["Timeout"]
    assert dispatch["Timeout"] <= UNDER_WAY.total_seconds(), "no attempt outlives what cancelling waits for"


def test_channels_of_the_account_are_off_by_default(template: dict[str, Any]) -> None:
    for parameter, condition, policy in (
        ("MessageTopic", "HasTopic", "TopicPolicy"),
        ("EmailSender", "SendsMails", "MailPolicy"),
    ):
        assert template["Parameters"][parameter]["Default"] == ""
        assert template["Conditions"][condition] == {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, ""]}]}
        assert template["Resources"][policy]["Condition"] == condition
    assert not of_type(template["Resources"], "AWS::SNS::Topic"), "nothing is made that could cost"


def test_the_gateway_speaks_of_problems_as_the_functions_do(resources: dict[str, Resource]) -> None:
    refusals = resources["Api"]["Properties"]["Body"]["x-amazon-apigateway-gateway-responses"]
    assert {
        "UNAUTHORIZED",
        "ACCESS_DENIED",
        "MISSING_AUTHENTICATION_TOKEN",
        "REQUEST_TOO_LARGE",
        "THROTTLED",
    } < set(refusals)
    assert {"DEFAULT_4XX", "DEFAULT_5XX"} < set(refusals)
    titles = {kind.type: kind.title for kind in KINDS}
    for kind, refusal in refusals.items():
        kept = refusal["responseParameters"]["gatewayresponse.header.Content-Type"]
        assert kept == "'application/problem+json'", kind
        problem = json.loads(refusal["responseTemplates"]["application/json"])
        assert problem["type"].startswith(URN), kind
        assert str(problem.get("status")) == str(refusal.get("statusCode")), kind
        assert problem["title"] == titles.get(problem["type"], problem["title"]), kind


# ── Artefacts ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def built(stack: Stack) -> Path:
    return stack.emulator.home / "build"


def test_every_function_imports_from_its_own_parts_alone(
    stack: Stack, built: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The emulator's interpreter has much installed that a Lambda has not; here it sees none of it."""
    lambdas_own = tmp_path_factory.mktemp("runtime")
    installed = next((sam.BIN.parent / "lib").glob("python3.*/site-packages"))
    for name in LAMBDAS_OWN:
        (lambdas_own / name).symlink_to(installed / name)
    for function in stack.functions:
        parts = [
            built / function,
            built / "DomainLayer/python",
            built / "DependenciesLayer/python",
            lambdas_own,
        ]
        script = f"import sys; sys.path[:0] = {[str(part) for part in parts]!r}; import app; app.handler"
        run = subprocess.run(
            [sam.BIN / "python", "-I", "-S", "-c", script],
            env={"AWS_DEFAULT_REGION": "us-east-1", "PATH": os.defpath},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, f"{function}: {run.stderr}"


def test_every_module_is_compiled_and_stays_so_in_the_zip(built: Path) -> None:
    """Unchecked-hash (PEP 552): neither the time stamps of the zip nor a read-only disk cost a cold start."""
    sources = list(built.rglob("*.py"))
    assert len(sources) > 100
    for source in sources:
        compiled = list((source.parent / "__pycache__").glob(f"{source.stem}.cpython-*.pyc"))
        assert len(compiled) == 1, source
        assert compiled[0].read_bytes()[4:8] == (1).to_bytes(4, "little"), source


def test_the_build_makes_what_the_template_asks_for(template: dict[str, Any]) -> None:
    """Two places name what a plain `sam build` is for: the template, and its makefile."""
    defaults = {name: parameter.get("Default") for name, parameter in template["Parameters"].items()}
    makefile = (sam.ROOT / "tools/build/Makefile").read_text()
    assert f"RUNTIME ?= {defaults['Runtime']}\n" in makefile
    assert f"ARCHITECTURE ?= {defaults['Architecture']}\n" in makefile
