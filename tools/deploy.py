"""The real template, built and deployed by the SAM CLI to an emulator of this machine."""

import json
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools import sam
from tools.emulator import Emulator

STACK_NAME: str = sam.settings("local")["global"]["stack_name"]
BUCKET: str = sam.settings("local")["deploy"]["s3_bucket"]


class DeployError(Exception):
    """The SAM CLI refused; the message holds what it said."""


@dataclass(frozen=True)
class Stack:
    """A deployed stack, and how it is reached."""

    emulator: Emulator
    outputs: Mapping[str, str]
    functions: Mapping[str, str]
    """The name of each function by its logical id: {"ReviewFunction": "tierwise-review", …}."""

    @property
    def base_url(self) -> str:
        """The emulator's form of the output BaseUrl, which is an address of AWS."""
        return f"{self.emulator.url}/restapis/{self.outputs['ApiId']}/{self.stage}/_user_request_"

    @property
    def stage(self) -> str:
        return self.outputs["BaseUrl"].rsplit("/", 1)[1]

    def invoke(self, function: str, event: Any) -> Any:
        """Calls a function by its logical id and returns its answer, as `sam remote invoke` does."""
        reply = self.emulator.client("lambda").invoke(
            FunctionName=self.functions[function], Payload=json.dumps(event)
        )
        answer = json.loads(reply["Payload"].read() or "null")
        if "FunctionError" in reply:
            raise RuntimeError(f"{function}: {answer}")
        return answer


def deploy(emulator: Emulator) -> Stack:
    """Builds and deploys the working tree; some ten seconds, and again on the same emulator is fine."""
    built = emulator.home / "build"
    _run(emulator, "build", "--build-dir", str(built))
    emulator.client("s3").create_bucket(Bucket=BUCKET)
    _run(emulator, "deploy", "--template-file", str(built / "template.yaml"))
    stack = deployed(emulator)
    _restore(stack)
    return stack


def deployed(emulator: Emulator) -> Stack:
    """The stack that is there already."""
    formation = emulator.client("cloudformation")
    described = formation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    resources = formation.describe_stack_resources(StackName=STACK_NAME)["StackResources"]
    return Stack(
        emulator,
        outputs={output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]},
        functions={
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for resource in resources
            if resource["ResourceType"] == "AWS::Lambda::Function"
        },
    )


def _run(emulator: Emulator, verb: str, *arguments: str) -> None:
    """One SAM command, for the interpreter and processor that the emulator's functions really run on."""
    target = {"Runtime": _runtime(), "Architecture": _architecture()}
    words = [f"{name}={value}" for name, value in (sam.parameters("local") | target).items()]
    result = subprocess.run(
        sam.command(verb, *arguments, "--parameter-overrides", *words, environment="local"),
        cwd=sam.ROOT,
        env=emulator.environment | {"RUNTIME": target["Runtime"], "ARCHITECTURE": "native"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    (emulator.home / f"sam-{verb}.log").write_text(result.stdout)
    if result.returncode:
        reasons = _failures(emulator) if verb == "deploy" else []
        raise DeployError("\n".join([f"sam {verb} failed:", result.stdout[-3000:], *reasons]))


def _failures(emulator: Emulator) -> list[str]:
    events = emulator.client("cloudformation").describe_stack_events(StackName=STACK_NAME)["StackEvents"]
    return [
        f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}"
        for event in events
        if event["ResourceStatus"].endswith("_FAILED") and "ResourceStatusReason" in event
    ]


def _runtime() -> str:
    script = "import sys; print('python%d.%d' % sys.version_info[:2])"
    asked = subprocess.run([sam.BIN / "python", "-c", script], capture_output=True, text=True, check=True)
    return asked.stdout.strip()


def _architecture() -> str:
    return "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"


def _restore(stack: Stack) -> None:
    """What MiniStack 1.5.33 leaves out of a template: how the API words its own refusals, for how long it
    remembers a key (it takes the parameter's default), and which function may call itself on and on."""
    formation, gateway, functions = map(stack.emulator.client, ("cloudformation", "apigateway", "lambda"))
    template = formation.get_template(StackName=STACK_NAME, TemplateStage="Processed")["TemplateBody"]
    resources = (json.loads(template) if isinstance(template, str) else template)["Resources"]
    api = stack.outputs["ApiId"]
    for kind, response in resources["Api"]["Properties"]["Body"][
        "x-amazon-apigateway-gateway-responses"
    ].items():
        status = {"statusCode": str(response["statusCode"])} if "statusCode" in response else {}
        gateway.put_gateway_response(
            restApiId=api,
            responseType=kind,
            responseParameters=response["responseParameters"],
            responseTemplates=response["responseTemplates"],
            **status,
        )
    for authorizer in gateway.get_authorizers(restApiId=api)["items"]:
        seconds = {
            "op": "replace",
            "path": "/authorizerResultTtlInSeconds",
            "value": sam.parameters("local")["AuthorizerSeconds"],
        }
        gateway.update_authorizer(restApiId=api, authorizerId=authorizer["id"], patchOperations=[seconds])
    gateway.create_deployment(restApiId=api, stageName=stack.stage)
    for logical_id, name in stack.functions.items():
        if loop := resources[logical_id]["Properties"].get("RecursiveLoop"):
            functions.put_function_recursion_config(FunctionName=name, RecursiveLoop=loop)
