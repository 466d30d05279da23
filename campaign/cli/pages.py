"""What stands below the options of a command: examples, environment, files, exit codes."""

from __future__ import annotations

ENVIRONMENT = """\
Environment:
  RETELL_API_KEY    The API key; else it is read from .env, or from the file
                    that api_key_file in the TOML names. It has no flag.
  RETELL_BASE_URL   Another server, as --base-url.
  CAMPAIGN_...      Each option, in capitals with _ for -: CAMPAIGN_MAX_LIVE=40.
  A flag wins over the environment, that over the file, that over the defaults.
"""

FILES = """\
Files:
  campaign.toml          Settings, in this folder, or another with --config.
  campaign.db            The ledger: who has been called. Keep it.
  contacts.results.csv   The list with what happened, for a list contacts.csv.
"""

EXIT_CODES = """\
Exit codes:
  0    Everything that was due is done, whatever the outcomes.
  2    Wrong usage.
  65   The list cannot be read, has no clear phone column, or, with --strict,
       has rows that cannot be called.
  69   The provider refuses or fails for the whole campaign.
  73   A results file cannot be written.
  74   The ledger cannot be read or written.
  75   Stopped before everything was done, or another run is under way: run
       again later.
  77   The provider refused the key.
  78   Bad configuration, no such campaign, another account's ledger, or a clock
       that is two minutes off.
  129, 130, 143   SIGHUP, SIGINT, SIGTERM; the results are written.
"""

TOP = f"""\
Examples:
  campaign init spring.toml            start with a configuration
  campaign check -c spring.toml        see what would happen; nobody is called
  campaign run -c spring.toml          call; run it again, and it goes on
  campaign status                      how far it is, also while it runs
  campaign stop spring                 no new call; live ones are followed
  campaign COMMAND --help              all about one command

{ENVIRONMENT}
{EXIT_CODES}"""

RUN = f"""\
Examples:
  Try it, nobody is called:
    campaign run contacts.csv --from +14157774444 --hours any --sandbox

  For real, one call a second, in the afternoon of whoever is called:
    campaign run contacts.csv --from +14157774444 --hours 13:00-18:00

  Three times at most, for 50 USD at most:
    campaign run contacts.csv --from +14157774444 --attempts 3 --budget 50

  From cron, every half hour; silent unless something is wrong:
    campaign run -c spring.toml --until 25m -q

  One test call with the row of a number, to your own phone:
    campaign run -c spring.toml --only +14155550123 --to +14155550199

To stop it:
  Ctrl-C once, or `campaign stop NAME`: no new call, live ones are followed to
  their end. SIGTERM and SIGHUP follow for --drain-for only. A second signal
  leaves at once.

Notation:
  DURATION is 90s, 30m, 2h or 1d. A LIST has commas: 30m,2h,1d.

{ENVIRONMENT}
{FILES}
{EXIT_CODES}"""

CHECK = f"""\
Examples:
  campaign check contacts.csv --region US --rejects rejected.csv
  campaign check contacts.csv --expects first_name,balance
  campaign check -c spring.toml --preflight     also ask the account
  campaign check -c spring.toml --show-config   what holds, and why
  campaign check contacts.csv --json | jq .reasons

{ENVIRONMENT}"""

INIT = """\
Examples:
  campaign init                    write campaign.toml, which is found by itself
  campaign init spring.toml        write another, named with -c
  campaign run -c spring.toml      with list and number in it: a whole run
"""

STATUS = """\
Examples:
  campaign status
  campaign status spring --json | jq '.[0].outcomes'
  campaign status --ledger ~/calls/campaign.db
"""

RESULTS = """\
Examples:
  campaign results spring
  campaign results spring --out spring.parquet --attempts-out attempts.csv
  campaign results spring new-list.csv   which list is meant, if it has changed
"""

REPORT = """\
Examples:
  campaign report spring                     writes spring.report.html
  campaign report spring --out /srv/www/spring.html
  campaign report spring --full-numbers      for whoever calls people back
"""

EXPLAIN = """\
Examples:
  campaign explain +14155550123
  campaign explain "(415) 555-0123" --region US --json
"""

FORGET = """\
Examples:
  campaign forget +14155550123
  campaign forget +14155550123 --yes       without a question, from a script
"""

SUPPRESS = """\
Examples:
  campaign suppress add +14155550123 --reason "asked on the phone"
  campaign suppress remove +14155550123
  campaign suppress list --json
"""

SYNC = """\
Examples:
  campaign sync
  campaign sync spring && campaign results spring
"""

STOP = """\
Examples:
  campaign stop spring
  campaign stop spring --hang-up     end the live calls, too
"""

RESOLVE = """\
Examples:
  campaign resolve spring --called +14155550123 +14155550124
  campaign resolve spring --not-called --all
"""

SANDBOX = """\
Examples:
  campaign sandbox --port 8765 --speed 60 --lines 20 --seed 7

  And in another terminal; any key is good:
    export RETELL_API_KEY=anything
    campaign run contacts.csv --from +14157774444 --hours any --cps any \\
      --base-url http://127.0.0.1:8765 --ledger try.db

  What it was asked, and the calls that it made:
    curl http://127.0.0.1:8765/sandbox/log
    curl http://127.0.0.1:8765/sandbox/calls
"""
