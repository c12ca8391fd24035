// What an error is about, by its code. The server's own words follow.
export const codes = {
  invalid_filter: "필터를 읽을 수 없습니다.", invalid_query: "검색 조건이 맞지 않습니다.", invalid_metadata: "메타데이터가 맞지 않습니다.", invalid_text: "본문을 읽을 수 없습니다.",
  invalid_id: "아이디가 맞지 않습니다.", invalid_name: "이름이 맞지 않습니다.", invalid_json: "JSON이 아닙니다.", invalid_request: "요청이 맞지 않습니다.", invalid_options: "설정이 맞지 않습니다.",
  invalid_cursor: "이 쪽으로 이어 갈 수 없습니다.", duplicate_id: "같은 아이디가 두 번 있습니다.", limit_exceeded: "한도를 넘었습니다.", too_large: "너무 큽니다.", answer_too_large: "답이 너무 큽니다.",
  batch_too_large: "문서가 너무 많습니다.", no_key: "키가 필요합니다.", wrong_key: "모르는 키입니다.", forbidden: "이 키로는 할 수 없습니다.", outside: "이 키의 조건에 맞지 않는 문서입니다.", read_only: "읽기만 하는 서버입니다.",
  no_collection: "그런 컬렉션이 없습니다.", not_found: "그런 문서가 없습니다.", no_task: "그런 작업이 없습니다.", exists: "같은 아이디의 문서가 있습니다.", collection_exists: "같은 이름의 컬렉션이 있습니다.",
  model_mismatch: "이 컬렉션은 다른 모델로 만들어졌습니다.", no_embedder: "서버에 모델이 없습니다.", task_running: "같은 작업이 진행 중입니다.", too_many_tasks: "진행 중인 작업이 너무 많습니다.",
  no_backup_dir: "서버에 백업 폴더가 정해져 있지 않습니다.", timeout: "시간이 다 되었습니다.", rate_limited: "요청이 너무 잦습니다.", overloaded: "서버가 바쁩니다.", loading: "데이터베이스를 여는 중입니다.",
  stopping: "서버가 멈추는 중입니다.", disk_full: "디스크가 가득 찼습니다.", damaged: "손상된 문서입니다.", internal: "서버에 문제가 생겼습니다.", incomplete_body: "요청이 끝까지 오지 않았습니다.",
  unavailable: "저장 엔진의 서버가 대답하지 않습니다.", unknown_outcome: "쓰기가 끝났는지 알 수 없습니다. 확인하거나 다시 보내 주세요.",
};

// What the server says of filters, and in what it warns of.
export const phrases = [
  [/^filter: /, ""], [/column (\d+): /, "$1번째 글자: "], [/ ?\(did you mean (.+?)\?\)/, ". 혹시 $1 ?"], [/;? ?did you mean (.+?)\?/, ". 혹시 $1 ?"], [/^\. /, ""],
  [/expected AND, OR or the end, found (.+?)(?=\.|$)/, "AND나 OR, 또는 끝이 와야 하는데 $1"], [/expected AND, OR or a closing parenthesis, found (.+?)(?=\.|$)/, "AND나 OR, 또는 닫는 괄호가 와야 하는데 $1"],
  [/expected an operator after the field, found (.+?)(?=\. |$)/, "필드 다음에 연산자가 와야 하는데 $1"], [/expected a field, found (.+?)(?=\. |$)/, "필드가 와야 하는데 $1"],
  [/expected a value, found (.+?)(?=\. |$)/, "값이 와야 하는데 $1"], [/expected a closing parenthesis, found (.+?)(?=\. |$)/, "닫는 괄호가 와야 하는데 $1"],
  [/expected an opening parenthesis after IN, found (.+?)(?=\. |$)/, "IN 다음에 여는 괄호가 와야 하는데 $1"], [/expected a comma or a closing parenthesis in the list, found (.+?)(?=\. |$)/, "목록에는 쉼표나 닫는 괄호가 와야 하는데 $1"],
  [/the end of the filter|the end(?= |$)/, "필터의 끝"], [/unexpected character (.+?)(?=\. |$)/, "쓸 수 없는 글자 $1"], [/unexpected (.+?)(?=\. |$)/, "여기에 올 수 없는 $1"],
  [/this string has no end/, "글이 닫히지 않았습니다"], [/this parenthesis has no end/, "괄호가 닫히지 않았습니다"], [/this field name has no end/, "필드 이름이 닫히지 않았습니다"], [/end it with (.+)/, "$1 로 닫으세요"],
  [/no document has the field (".+?")/, "필드 $1 이(가) 있는 문서가 없습니다"], [/(".+?") holds (.+?), and is compared with the (.+)/, "$1 의 값은 $2인데 $3 와(과) 비교합니다"],
  [/(".+?") holds (.+?), and CONTAINS looks into lists/, "$1 의 값은 $2인데 CONTAINS는 목록에 씁니다"], [/(".+?") holds (.+?), and (.+) looks at strings/, "$1 의 값은 $2인데 $3 은(는) 글에 씁니다"],
  [/the text was searched by its words alone: /, "낱말로만 찾았습니다: "], [/the model knows no word of the text, so that it has no dense score/, "모델이 아는 낱말이 없어 의미 점수가 없습니다"],
  [/the text has no place: the model knows no word of it/, "모델이 아는 낱말이 없어 질문의 자리가 없습니다"], [/the text has no place: /, "질문의 자리가 없습니다: "],
  [/the key is not known/, "모르는 키입니다"], [/the request has no key/, "키가 없습니다"], [/the collection (".+?") exists/, "컬렉션 $1 이(가) 이미 있습니다"],
  [/the key (\S+) has the role (\w+), this needs (\w+)/, "키 $1 의 역할은 $2인데, $3 이(가) 필요합니다"],
];
