# SPDX-License-Identifier: MIT
"""
TLS-RPT records and reports (RFC 8460).
"""
from __future__ import annotations
import collections.abc
import typing
__all__: list[str] = ['Counts', 'FailureDetail', 'Report', 'ReportPolicy', 'ReportTable', 'Sums', 'Table', 'TlsrptRecord', 'count_files', 'key_names', 'notes', 'parse_record', 'parse_report', 'read_reports', 'select_record', 'summarize_part', 'summarize_reports']
class TlsrptRecord:
    """
    The TLS-RPT TXT record of a domain (RFC 8460 section 3).
    
    Attributes:
        rua: the usable URIs, mailto: or https:, as written and in order.
        extensions: unknown fields as (name, value), in order.
        deviations: codes of what is against the RFC and harmless.
        text: the record as it stands in DNS.
    """
    def __eq__(self, arg0: typing.Any) -> bool:
        ...
    def __getstate__(self) -> bytes:
        ...
    def __hash__(self) -> int:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: bytes) -> None:
        ...
    @property
    def deviations(self) -> list[str]:
        ...
    @property
    def extensions(self) -> list[tuple[str, str]]:
        ...
    @property
    def rua(self) -> list[str]:
        ...
    @property
    def text(self) -> str:
        ...
class FailureDetail:
    """
    One entry of failure-details (RFC 8460 §4.4). What the report leaves out is None; failed_session_count is then 0.
    """
    def __repr__(self) -> str:
        ...
    @property
    def additional_information(self) -> str | None:
        ...
    @property
    def failed_session_count(self) -> int:
        ...
    @property
    def failure_reason_code(self) -> str | None:
        ...
    @property
    def receiving_ip(self) -> str | None:
        ...
    @property
    def receiving_mx_helo(self) -> str | None:
        ...
    @property
    def receiving_mx_hostname(self) -> str | None:
        ...
    @property
    def result_type(self) -> str | None:
        ...
    @property
    def sending_mta_ip(self) -> str | None:
        ...
class ReportPolicy:
    """
    One entry of policies (RFC 8460 §4.4): the policy that was applied, how many sessions went well and failed under it, and why. What the report leaves out is None, 0 or an empty list.
    """
    def __repr__(self) -> str:
        ...
    @property
    def failure_details(self) -> list[FailureDetail]:
        ...
    @property
    def mx_host(self) -> list[str]:
        ...
    @property
    def policy_domain(self) -> str | None:
        ...
    @property
    def policy_string(self) -> list[str]:
        ...
    @property
    def policy_type(self) -> str | None:
        ...
    @property
    def total_failure_session_count(self) -> int:
        ...
    @property
    def total_successful_session_count(self) -> int:
        ...
    @property
    def warnings(self) -> list[str]:
        ...
class Report:
    """
    A TLS report (RFC 8460 §4). start and end are aware datetimes in UTC; warnings are the codes of what is against the RFC and was read all the same.
    """
    def __repr__(self) -> str:
        ...
    @property
    def contact_info(self) -> str | None:
        ...
    @property
    def end(self) -> typing.Any:
        ...
    @property
    def organization_name(self) -> str | None:
        ...
    @property
    def policies(self) -> list[ReportPolicy]:
        ...
    @property
    def report_id(self) -> str | None:
        ...
    @property
    def start(self) -> typing.Any:
        ...
    @property
    def warnings(self) -> list[str]:
        ...
class Counts:
    """
    What was met while an archive was read.
    """
    def __repr__(self) -> str:
        ...
    @property
    def bytes(self) -> int:
        """
        Bytes read from them, before unpacking.
        """
    @property
    def duplicates(self) -> int:
        """
        Further copies of them; not counted anywhere else.
        """
    @property
    def files(self) -> int:
        """
        Files that were opened.
        """
    @property
    def filtered(self) -> int:
        """
        Reports that since, until, domain or organization left out.
        """
    @property
    def not_reports(self) -> int:
        """
        Of the unread, those that are plainly something else than a report.
        """
    @property
    def reports(self) -> int:
        """
        Distinct reports that the filter let through.
        """
    @property
    def unread(self) -> int:
        """
        Items that could not be read, also those beyond the first 1,000.
        """
class Table:
    """
    Rows and named columns in Apache Arrow's layout. Any Arrow reader takes it as it is, without a copy of
    the numbers: pyarrow.table(t), polars.DataFrame(t), DuckDB.
    """
    def __arrow_c_stream__(self, requested_schema: typing.Any = None) -> typing.Any:
        """
        The Arrow C stream interface's capsule.
        """
    def __len__(self) -> int:
        ...
    def __repr__(self) -> str:
        ...
    def _repr_html_(self) -> typing.Any:
        ...
    def column(self, name: str) -> list:
        """
        The values of one column; KeyError for none.
        """
    def to_arrow(self) -> typing.Any:
        """
        As a pyarrow.Table (extra: parquet).
        """
    def to_dicts(self, start: typing.SupportsInt | typing.SupportsIndex = 0, stop: typing.SupportsInt | typing.SupportsIndex | None = None) -> list:
        """
        Rows as dictionaries of plain Python values; for a few rows, not for a million.
        """
    def to_pandas(self) -> typing.Any:
        """
        As a pandas.DataFrame (extra: pandas).
        """
    def to_polars(self) -> typing.Any:
        """
        As a polars.DataFrame (extra: polars).
        """
    def with_columns(self, columns: collections.abc.Sequence[tuple[str, str, list]]) -> Table:
        """
        The same rows with further columns: name, kind (int, float or text, which anything becomes) and a list of values; None is a missing one.
        """
    @property
    def column_names(self) -> list[str]:
        ...
    @property
    def name(self) -> str:
        """
        What the table holds: "policies", "failures", "errors", ...
        """
    @property
    def notes(self) -> list[str]:
        """
        What must be known to read the numbers rightly, in sentences.
        """
class Sums(Table):
    """
    Sums over an archive: a table, with what was met on the way to it.
    """
    def __repr__(self) -> str:
        ...
    @property
    def counted_once(self) -> int:
        """
        How often a report gave sts and tlsa sessions for one domain, of which the larger sum was taken.
        """
    @property
    def counts(self) -> Counts:
        ...
    @property
    def errors(self) -> Table:
        """
        What could not be read: all of it from a ReportTable, the first 1,000 from summarize_reports.
        """
    @property
    def failed_without_detail(self) -> int:
        """
        Failed sessions without a failure detail (sums over details only).
        """
    @property
    def saturated(self) -> bool:
        """
        Whether a sum is larger than 2^63-1 and stands as that.
        """
class ReportTable:
    """
    An archive of TLS reports as four tables, each report once.
    """
    def __repr__(self) -> str:
        ...
    def _repr_html_(self) -> typing.Any:
        ...
    def _summarize(self, by: collections.abc.Sequence[str], period: str) -> Sums:
        ...
    def summarize(self, by: typing.Any = ('policy_domain',), period: typing.Any = None) -> typing.Any:
        """
        Sums by keys, and by "day", "week" (from Monday) or "month" of the reports' start in UTC.
        
        Keys of a report or policy give reports, policies, organizations, start, end and both session counts. With a
        key of a failure detail the sums are over details: details, failed_session_count, organizations, start, end.
        See notes of what comes back. Raises ValueError for an unknown key or period.
        """
    @property
    def counts(self) -> Counts:
        ...
    @property
    def duplicates(self) -> Table:
        """
        A row for each further copy of a report: where it lies, and where the first one does.
        """
    @property
    def errors(self) -> Table:
        """
        A row for each thing that could not be read, with code, offset and detail.
        """
    @property
    def failures(self) -> Table:
        """
        A row for each failure detail; policy_row is its row in policies.
        """
    @property
    def policies(self) -> Table:
        """
        A row for each entry of a report's policies.
        """
def count_files(paths: collections.abc.Sequence[bytes]) -> int:
    ...
def key_names() -> list[str]:
    ...
def notes(by: collections.abc.Sequence[str], counted_once: typing.SupportsInt | typing.SupportsIndex, failed_without_detail: typing.SupportsInt | typing.SupportsIndex, saturated: bool) -> list[str]:
    ...
def parse_record(text: str | bytes) -> TlsrptRecord:
    """
    Reads one TLS-RPT record: the strings of a TXT record, joined (RFC 8460 section 3).
    
    Raises:
        ParseError: it is no TLS-RPT record (version), does not follow the grammar, or names no place
            that a report could be sent to.
    """
def parse_report(data: str | bytes) -> Report:
    """
    Read one TLS report: JSON, gzip, or a whole mail that carries one (RFC 8460 §4, §5).
    
    Raises ParseError, with code, detail and offset, where no report can be had. What is against the RFC but
    harmless is read, with a code in warnings.
    """
def read_reports(paths: collections.abc.Sequence[bytes], since: typing.SupportsInt | typing.SupportsIndex | None, until: typing.SupportsInt | typing.SupportsIndex | None, domains: collections.abc.Sequence[str], organizations: collections.abc.Sequence[str], threads: typing.SupportsInt | typing.SupportsIndex, progress: typing.Any) -> ReportTable:
    ...
def select_record(records: collections.abc.Sequence[collections.abc.Sequence[str | bytes]]) -> TlsrptRecord | None:
    """
    The record that counts among all TXT records at _smtp._tls.<domain> (RFC 8460 section 3).
    
    Args:
        records: the strings of each TXT record, in any order of the records.
    
    Returns:
        The one TLS-RPT record, or None where none of them is one.
    
    Raises:
        ParseError: several are (multiple), or the only one does not follow the grammar; no reports
            are sent then.
    """
def summarize_part(paths: collections.abc.Sequence[bytes], spec: tuple[collections.abc.Sequence[str], str], since: typing.SupportsInt | typing.SupportsIndex | None, until: typing.SupportsInt | typing.SupportsIndex | None, domains: collections.abc.Sequence[str], organizations: collections.abc.Sequence[str], threads: typing.SupportsInt | typing.SupportsIndex, key: tuple[typing.SupportsInt | typing.SupportsIndex, typing.SupportsInt | typing.SupportsIndex], known: bytes) -> tuple[Sums, bytes]:
    ...
def summarize_reports(paths: collections.abc.Sequence[bytes], specs: collections.abc.Sequence[tuple[collections.abc.Sequence[str], str]], since: typing.SupportsInt | typing.SupportsIndex | None, until: typing.SupportsInt | typing.SupportsIndex | None, domains: collections.abc.Sequence[str], organizations: collections.abc.Sequence[str], threads: typing.SupportsInt | typing.SupportsIndex, progress: typing.Any) -> list[Sums]:
    ...
