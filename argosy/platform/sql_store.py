"""A context's database as the engine's Store, the same code on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from operator import is_not, itemgetter
from typing import Any, TypeVar

from argosy.engine.people import BLANK
from argosy.engine.store import (
    Changes,
)
from argosy.platform.dialects import Field, Write
from argosy.platform.engine_tables import Dialect, EngineTables
from argosy.platform.rows import Column, Mapped, MappedPart, Table
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.messages import personal_fields

A = TypeVar("A", bound=Aggregate)
Turn = Callable[[Any], Any]

_ID = (Field("id", "uuid"),)


class _Layout:
    """One table's statements and turns, worked out once."""

    def __init__(self, dialect: Dialect, table: Table) -> None:
        self.table = table
        self.fields = tuple(Field(column.name, column.type) for column in table.columns)
        self.selected = ", ".join(dialect.selected(column.name, column.type) for column in table.columns)
        self.dumps: list[tuple[int, Turn]] = [
            (index, dialect.json if column.is_json else dialect.instant)
            for index, column in enumerate(table.columns)
            if column.is_json or column.is_instant
        ]
        """How values that are not None are turned, by their place."""
        self.loads = [
            (index, _load(dialect, column))
            for index, column in enumerate(table.columns)
            if column.is_json or column.is_instant or (column.is_boolean and dialect.vendor == "sqlite")
        ]
        self.held = itemgetter(*self.table.attributes)
        """From what an aggregate holds, by field, to the values of its columns."""
        self._changing: dict[int, Any] = {}
        self.index = {column.attribute: index for index, column in enumerate(table.columns)}

    def changing(self, mask: int) -> tuple[list[int], Callable[[Any], Sequence[Any]], list[tuple[int, Turn]]]:
        """Of the columns whose bytes are set in the mask: their indexes, what picks their values out of all, and how
        those that must be turned are, by their place among the picked. A version always changes."""
        known = self._changing.get(mask)
        if known is None:
            count = len(self.table.attributes)
            indexes = [index for index, byte in enumerate(mask.to_bytes(count)) if byte]
            dumps = dict(self.dumps)
            turned = [(place, dumps[index]) for place, index in enumerate(indexes) if index in dumps]
            pick = itemgetter(*indexes) if len(indexes) > 1 else lambda values: (values[indexes[0]],)
            known = self._changing[mask] = (indexes, pick, turned)
        return known  # type: ignore[no-any-return]

    def values(self, thing: Any) -> list[Any]:
        values = list(self.table.values(thing))
        for index, dump in self.dumps:
            if values[index] is not None:
                values[index] = dump(values[index])
        return values

    def state(self, row: Sequence[Any]) -> dict[str, Any]:
        values = list(row)
        for index, load in self.loads:
            if values[index] is not None:
                values[index] = load(values[index])
        return dict(zip(self.table.attributes, values, strict=True))


class SqlStore(EngineTables):
    """One context's database."""

    def __init__(self, context: str, dialect: Dialect, mappings: Iterable[Mapped], prefix: str, outbox: str) -> None:
        super().__init__(dialect, prefix, outbox)
        self.context = context
        self._mapped = {mapping.kind: mapping for mapping in mappings}
        self._layouts: dict[Table, _Layout] = {}

    # Aggregates.

    def load(self, kind: type[A], column: str, values: Collection[Any]) -> list[A]:
        if not values:
            return []
        mapped = self._mapped[kind]
        layout = self._layout(mapped.table)
        where = Field(mapped.column_of[column], layout.fields[layout.index[column]].type)
        made = [mapped.table.make(layout.state(row)) for row in self._select(layout, where, list(values))]
        for part in mapped.parts:
            self._load_part(part, made)
        return made

    def _load_part(self, part: MappedPart, owners: list[Any]) -> None:
        by_id: dict[str, list[Any]] = {}
        for owner in owners:
            by_id[owner.id] = owner.__dict__[part.attribute] = []
        if part.is_log or not owners:
            return
        layout = self._layout(part.table)
        condition, parameter = self.dialect.among(Field(part.owner, "uuid"), list(by_id))
        owner_column = self.dialect.selected(part.owner, "uuid")
        rows = self.dialect.query(
            f"SELECT {owner_column}, {layout.selected} FROM {part.table.name} WHERE {condition} "
            f"ORDER BY {self._order(part)}",
            (parameter,),
        )
        for row in rows:
            by_id[row[0]].append(part.table.make(layout.state(row[1:])))

    @staticmethod
    def _order(part: MappedPart) -> str:
        """By line number where there is one, else by id: a list comes back in one order."""
        names = [column.name for column in part.table.columns]
        return "line_no" if "line_no" in names else "id"

    def _select(self, layout: _Layout, where: Field, values: list[Any]) -> list[tuple[Any, ...]]:
        condition, parameter = self.dialect.among(where, values)
        return self.dialect.query(f"SELECT {layout.selected} FROM {layout.table.name} WHERE {condition}", (parameter,))

    def _layout(self, table: Table) -> _Layout:
        layout = self._layouts.get(table)
        if layout is None:
            layout = self._layouts[table] = _Layout(self.dialect, table)
        return layout

    # Writing.

    def commit(self, changes: Changes) -> None:
        self.send(changes)()

    def send(self, changes: Changes) -> Callable[[], None]:
        writes = [*self.engine_writes(changes), *self._aggregate_writes(changes)]
        if changes.erased:
            writes += self._forgetting(changes.erased)
        for kind, aggregates in changes.verified.items():
            mapped = self._mapped[kind]
            rows = [(aggregate.id, aggregate.version) for aggregate in aggregates]
            writes.insert(0, Write("check", mapped.table.name, (), rows, self._compare_keys(mapped), True))
        finish = self.dialect.send(writes)

        def finished() -> None:
            changes.held_seconds, last_id, last, changes.begun = finish()
            if last_id:
                self.log.place(changes.records, last_id, last)

        return finished

    def settle(self, kind: type[Aggregate], aggregates: Collection[Aggregate]) -> None:
        for part in self._mapped[kind].parts:
            if part.is_log:
                for aggregate in aggregates:
                    aggregate.__dict__[part.attribute] = []

    def _forgetting(self, people: Collection[str]) -> Iterator[Write]:
        """Of parts that are about somebody, texts that say something about them."""
        for mapped in self._mapped.values():
            for part in mapped.parts:
                if not part.about:
                    continue
                condition, parameter = self.dialect.among(Field(f"o.{part.about}", "uuid"), list(people))
                id = self.dialect.selected("p.id", "uuid")
                rows = self.dialect.query(
                    f"SELECT {id} FROM {part.table.name} p JOIN {mapped.table.name} o ON o.id = p.{part.owner} "
                    f"WHERE {condition}",
                    (parameter,),
                )
                told = personal_fields(part.table.kind)
                columns = tuple(Field(one.name, one.type) for one in part.table.columns if one.attribute in told)
                blank = [(*(BLANK for _ in columns), row[0]) for row in rows]
                if blank:
                    yield Write("update", part.table.name, columns, blank, _ID)

    def _aggregate_writes(self, changes: Changes) -> list[Write]:
        writes: list[Write] = []
        for kind in {**changes.inserts, **changes.updates, **changes.deletes}:
            mapped = self._mapped[kind]
            pairs = changes.updates.get(kind, [])
            inserted, deleted = changes.inserts.get(kind, []), changes.deletes.get(kind, [])
            if deleted:
                rows = [(aggregate.id, aggregate.version) for aggregate in deleted]
                writes.append(Write("delete", mapped.table.name, (), rows, self._compare_keys(mapped), True))
            if pairs:
                writes.append(self._update(mapped, pairs))
            if inserted:
                writes.append(self._insert(mapped, inserted))
            for part in mapped.parts:
                writes += self._part_writes(part, inserted, pairs, deleted)
        return writes

    def _insert(self, mapped: Mapped, aggregates: list[Aggregate]) -> Write:
        layout = self._layout(mapped.table)
        rows = [layout.values(aggregate) for aggregate in aggregates]
        for column, function in mapped.copies:
            dump = _dump(self.dialect, column)
            for row, aggregate in zip(rows, aggregates, strict=True):
                row.append(dump(function(aggregate)))
        fields = layout.fields + tuple(Field(column.name, column.type) for column, _ in mapped.copies)
        return Write("insert", mapped.table.name, fields, rows)

    def _update(self, mapped: Mapped, pairs: list[tuple[Aggregate, dict[str, Any]]]) -> Write:
        """Only the columns that changed in some row of this batch."""
        layout = self._layout(mapped.table)
        held = layout.held
        states = [held(now.__dict__) for now, _ in pairs]
        changed = 0
        for state, (_, then) in zip(states, pairs, strict=True):
            changed |= int.from_bytes(bytes(map(is_not, state, held(then))))
        indexes, pick, dumps = layout.changing(changed)
        rows = [list(pick(state)) for state in states]
        for place, dump in dumps:
            for row in rows:
                if row[place] is not None:
                    row[place] = dump(row[place])
        for column, function in mapped.copies:
            dump = _dump(self.dialect, column)
            for row, (now, _) in zip(rows, pairs, strict=True):
                row.append(dump(function(now)))
        for row, (now, then) in zip(rows, pairs, strict=True):
            row.extend((now.id, then["version"]))
        fields = tuple([layout.fields[index] for index in indexes])
        fields += tuple([Field(column.name, column.type) for column, _ in mapped.copies])
        return Write("update", mapped.table.name, fields, rows, self._compare_keys(mapped), True)

    @staticmethod
    def _compare_keys(mapped: Mapped) -> tuple[Field, Field]:
        return Field(mapped.column_of["id"], "uuid"), Field(mapped.column_of["version"], "bigint")

    def _part_writes(
        self,
        part: MappedPart,
        inserted: list[Aggregate],
        pairs: list[tuple[Aggregate, dict[str, Any]]],
        deleted: list[Aggregate],
    ) -> list[Write]:
        fresh: list[tuple[Any, Any]] = []
        changed: list[tuple[Any, Any, Any]] = []
        gone: list[Any] = []
        for owner in inserted:
            fresh += [(owner, thing) for thing in owner.__dict__[part.attribute]]
        for now, then in pairs:
            mine, before = now.__dict__[part.attribute], then[part.attribute]
            if mine == before:
                continue
            known = {thing.id: thing for thing in before}
            for thing in mine:
                earlier = known.pop(thing.id, None)
                if earlier is None:
                    fresh.append((now, thing))
                elif earlier != thing:
                    changed.append((now, thing, earlier))
            gone += known
        for owner in deleted:
            gone += [thing.id for thing in owner.__dict__[part.attribute]]
        return self._part_statements(part, fresh, changed, gone)

    def _part_statements(
        self,
        part: MappedPart,
        fresh: list[tuple[Any, Any]],
        changed: list[tuple[Any, Any, Any]],
        gone: list[Any],
    ) -> list[Write]:
        layout = self._layout(part.table)
        writes = []
        if gone:
            writes.append(Write("delete", part.table.name, (), [(id,) for id in gone], _ID, True))
        if changed:
            writes.append(self._part_update(part, layout, changed))
        if fresh:
            dumps = [(_dump(self.dialect, column), function) for column, function in part.copies]
            rows = [
                [*layout.values(thing), owner.id, *(dump(function(owner, thing)) for dump, function in dumps)]
                for owner, thing in fresh
            ]
            fields = (*layout.fields, Field(part.owner, "uuid"), *(Field(c.name, c.type) for c, _ in part.copies))
            writes.append(Write("insert", part.table.name, fields, rows))
        return writes

    def _part_update(self, part: MappedPart, layout: _Layout, changed: list[tuple[Any, Any, Any]]) -> Write:
        """Only the columns that changed in some part of this batch, and the copies."""
        names = part.table.attributes
        columns = [
            index
            for index, name in enumerate(names)
            if any(getattr(now, name) != getattr(then, name) for _, now, then in changed)
        ]
        dumps = [(_dump(self.dialect, column), function) for column, function in part.copies]
        rows = []
        for owner, now, _ in changed:
            values = layout.values(now)
            rows.append(
                [
                    *(values[index] for index in columns),
                    *(dump(function(owner, now)) for dump, function in dumps),
                    now.id,
                ]
            )
        fields = (*(layout.fields[index] for index in columns), *(Field(c.name, c.type) for c, _ in part.copies))
        return Write("update", part.table.name, fields, rows, _ID, True)


def _dump(dialect: Dialect, column: Column) -> Turn:
    if column.is_json:
        return dialect.json
    if column.is_instant:
        return lambda value: None if value is None else dialect.instant(value)
    return _same


def _load(dialect: Dialect, column: Column) -> Turn:
    if column.is_json:
        return column.decode or _same
    if column.is_instant:
        return dialect.to_instant
    return bool if column.is_boolean else _same


def _same(value: Any) -> Any:
    return value
