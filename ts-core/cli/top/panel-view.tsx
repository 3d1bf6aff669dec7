/** One panel of `tbs top`: a heading and the rows in sight, one line each. */
import { Box, Text } from 'ink';
import type { Panel, PanelColumn, PanelRow } from './panels.js';
import { firstVisible } from './top-layout.js';

export interface PanelViewProps {
  readonly panel: Panel;
  readonly hasFocus: boolean;
  /** The index of the selected row; -1 if there is none. */
  readonly selected: number;
  readonly sortColumn: number;
  readonly visibleRows: number;
  readonly width: number;
  readonly hasColours: boolean;
}

export function PanelView(props: PanelViewProps) {
  const { panel, hasFocus, selected, sortColumn, visibleRows, width, hasColours } = props;
  const { columns, rows, title, emptyText } = panel;
  const first = firstVisible(selected, rows.length, visibleRows);
  const heading = columns.map((column, index) => `${column.title}${index === sortColumn ? '*' : ''}`);
  const blank = Math.max(0, visibleRows - Math.max(1, rows.length));
  return (
    <Box flexDirection="column" width={width}>
      <Text wrap="truncate" bold inverse={hasFocus} {...(hasColours ? { color: 'cyan' } : {})}>
        {`${hasFocus ? '*' : ' '} ${title}`.slice(0, width).padEnd(width)}
      </Text>
      <Text wrap="truncate" underline>
        {`  ${lineOf(heading, columns, width - 2)}`.slice(0, width)}
      </Text>
      {rows.length === 0 ? <Text wrap="truncate">{`  ${emptyText}`}</Text> : null}
      {rows.slice(first, first + visibleRows).map((row, offset) => (
        <RowView
          key={offset}
          row={row}
          text={lineOf(row.cells, columns, width - 2)}
          isSelected={hasFocus && first + offset === selected}
          hasColours={hasColours}
        />
      ))}
      {blank > 0 ? <Box height={blank} /> : null}
    </Box>
  );
}

interface RowViewProps {
  readonly row: PanelRow;
  readonly text: string;
  readonly isSelected: boolean;
  readonly hasColours: boolean;
}

/** The selected row is marked by a character too, for terminals and people that see no colours. */
function RowView({ row, text, isSelected, hasColours }: RowViewProps) {
  return (
    <Text wrap="truncate" inverse={isSelected} {...(hasColours && row.isAlarming ? { color: 'yellow' } : {})}>
      {`${isSelected ? '>' : ' '} ${text}`}
    </Text>
  );
}

/** Returns the cells side by side in `width` characters. */
function lineOf(cells: readonly string[], columns: readonly PanelColumn[], width: number): string {
  const fixed = columns.reduce((sum, column) => sum + (column.width ?? 0) + 1, -1);
  const line = columns.map((column, index) => {
    const room = column.width ?? Math.max(0, width - fixed);
    const cell = (cells[index] ?? '').slice(0, room);
    return column.alignsRight === true ? cell.padStart(room) : cell.padEnd(room);
  });
  return line.join(' ').slice(0, width).trimEnd();
}
