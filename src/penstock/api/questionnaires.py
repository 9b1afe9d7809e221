"""The questionnaire over HTTP: operators send it, whoever has a link answers, results are read."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import parse_qsl

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from penstock.api import questionnaire_page
from penstock.api.caller import actor_of, merchant_of, require
from penstock.api.context import Here, MerchantCode
from penstock.api.gate import Gate, Limits
from penstock.api.problems import told
from penstock.db.transaction import OPERATOR, Transaction
from penstock.experience.drivers.questionnaire import Item, Scale
from penstock.experience.surveys.answer import Invitation, answer, invitation_of, questions_of
from penstock.experience.surveys.invite import Invited, Round, invite
from penstock.experience.surveys.results import SHOWN_FROM, SurveyResult, survey_results
from penstock.kernel.errors import Conflict, Invalid, Malformed, Overloaded, RateLimited, Refusal

Http = Request[Any, Any, Any]
RoundName = Annotated[
    str | None,
    QueryParameter(name="round", max_length=40, description="a round; all if left out"),
]
ANSWER_MAX_BYTES = 20_000
LINKS_PER_S = 50
"""Questionnaires that one process shows or takes a second, whoever asks: nobody has a key here."""
_DOOR = Gate(
    Limits(requests_max=100, orders_per_s=LINKS_PER_S, orders_burst=200, refusals_per_s=LINKS_PER_S)
)
_VALUES = msgspec.json.Decoder(dict[str, int])


class Questions(msgspec.Struct, frozen=True, kw_only=True):
    """What a link asks: the scale, and the sentences in their order."""

    merchant: str
    introduction: str
    scale: Scale
    items: tuple[Item, ...]


@post("/v1/surveys", status_code=200, summary="Send the questionnaire")
async def send_questionnaire(
    request: Http, context: Here, data: JSONBody[Round], code: MerchantCode = None
) -> Sequence[Invited]:
    """Invite whom the round has not asked yet: merchants, or the shoppers of one."""
    principal = await context.callers.identify(request)
    require(principal, "operator")
    whose = None if code is None else await merchant_of(context.database, principal, code)
    now = context.now()
    return await context.database.run(
        OPERATOR, lambda tx: invite(tx, data, whose, now, draw=secrets.token_bytes)
    )


@get("/v1/surveys", summary="What the questionnaire found")
async def show_survey_results(
    request: Http, context: Here, code: MerchantCode = None, round_name: RoundName = None
) -> Sequence[SurveyResult]:
    """Score the answers about a merchant; an operator may leave it out, for all of them."""
    principal = await context.callers.identify(request)
    require(principal, "merchant")
    everybody = principal.role == "operator" and code is None
    whose = None if everybody else await merchant_of(context.database, principal, code)
    shown_from = 1 if principal.role == "operator" else SHOWN_FROM
    return await context.database.run(
        actor_of(principal),
        lambda tx: survey_results(tx, merchant=whose, round=round_name, shown_from=shown_from),
    )


@get("/surveys/{token:str}", include_in_schema=False, security=[{}])
async def show_questionnaire(request: Http, context: Here, token: FromPath[str]) -> Response[Any]:
    """Show what a link asks: a page, or JSON to who accepts only that."""
    try:
        _let_in()
        invitation = await context.database.run(OPERATOR, lambda tx: invitation_of(tx, token))
        asked = questions_of(invitation)
        _refuse_unless_open(invitation, context)
    except Refusal as refusal:
        return _refused(request, refusal)
    if _wants_json(request):
        introduction = next(a.introduction for a in asked.audience if a.code == invitation.audience)
        return Response(
            Questions(
                merchant=invitation.merchant,
                introduction=introduction,
                scale=asked.scale,
                items=tuple(asked.items(invitation.audience)),
            ),
            headers=questionnaire_page.HEADERS,
        )
    page = questionnaire_page.form(asked, invitation.audience, invitation.merchant)
    return questionnaire_page.shown(page)


@post("/surveys/{token:str}", status_code=200, include_in_schema=False, security=[{}])
async def take_answers(request: Http, context: Here, token: FromPath[str]) -> Response[Any]:
    """Take a link's answers, as a form sends them or as a JSON object: item → number."""
    now = context.now()
    try:
        _let_in()
        answers = _answers(request, await request.body())

        async def work(tx: Transaction) -> Invitation:
            return await answer(tx, token, answers, now)

        await context.database.run(OPERATOR, work)
    except Refusal as refusal:
        return _refused(request, refusal)
    if _wants_json(request):
        return Response({"answered": len(answers)}, headers=questionnaire_page.HEADERS)
    return questionnaire_page.shown(questionnaire_page.said("Thank you", "Your answers are in."))


def _let_in() -> None:
    try:
        _DOOR.spend(0, 1)
    except RateLimited:
        raise Overloaded("too many questionnaires at once; try again in a minute") from None


def _answers(request: Http, body: bytes) -> Mapping[str, int]:
    """Read answers from a form or from JSON; what a form leaves empty was left out."""
    if len(body) > ANSWER_MAX_BYTES:
        raise Malformed("this is longer than any answer to the questionnaire")
    if request.headers.get("content-type", "").partition(";")[0].strip() == "application/json":
        try:
            return _VALUES.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Malformed("send a JSON object: each item's code with a whole number") from None
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=False, max_num_fields=200)
        return {code: int(value[:4]) for code, value in pairs}
    except (ValueError, UnicodeDecodeError):
        raise Malformed("the form could not be read: open the link again") from None


def _refuse_unless_open(invitation: Invitation, context: Here) -> None:
    state = invitation.state(context.now())
    if state == "answered":
        raise Conflict("this questionnaire has been answered: thank you, once is enough")
    if state == "expired":
        raise Conflict("the time for answers is over")


def _refused(request: Http, refusal: Refusal) -> Response[Any]:
    """Tell a person in a page what a program is told as a problem."""
    if _wants_json(request):
        raise refusal
    status, problem, headers = told(refusal)
    detail = problem.detail
    if isinstance(refusal, Invalid) and refusal.errors:
        detail = refusal.errors[0].detail
    page = questionnaire_page.shown(questionnaire_page.said("Sorry", detail), status)
    page.headers.update(headers)
    return page


def _wants_json(request: Http) -> bool:
    accepted = request.headers.get("accept", "")
    return "application/json" in accepted and "text/html" not in accepted


questionnaires = Router(
    "/",
    route_handlers=[send_questionnaire, show_survey_results, show_questionnaire, take_answers],
    tags=["experience"],
)
