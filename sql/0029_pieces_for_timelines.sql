-- Pieces told one by one, for the bars below a machine's timeline: what facts have by the hour, by ten minutes.

SET LOCAL ROLE mes_owner;

GRANT EXECUTE ON FUNCTION mes.pieces_told(int, timestamptz, timestamptz, interval), mes.plant_hours(text, timestamptz, timestamptz) TO mes_api;
