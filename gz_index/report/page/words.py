"""Every word of the page, in both languages."""

from __future__ import annotations

from gz_index.framework import Text

__all__ = ["MISSING", "TIES", "WORDS"]

MISSING = {
    "error": Text("不允许有缺失", "none are allowed"),
    "renormalise": Text(
        "权重在有值的指标间重新归一，覆盖率不低于{coverage}",
        "weights rescaled over what is known, coverage of at least {coverage}",
    ),
    "drop": Text("剔除有缺失的对象", "units with gaps are dropped"),
}
TIES = {
    "min": Text("并列取最前名次", "share the best rank"),
    "max": Text("并列取最后名次", "share the worst rank"),
    "average": Text("并列取平均名次", "share the mean rank"),
    "dense": Text("并列同名次，其后不跳号", "share a rank and none is skipped"),
}

#: ``{name}`` in a text is a place that the script fills
WORDS: dict[str, Text] = {
    # -- the head
    "skip": Text("跳到内容", "Skip to content"),
    "total": Text("总指数", "Index"),
    "kind": Text("综合指数", "Composite index"),
    "size": Text("{units}个评价对象，{indicators}项指标", "{units} units, {indicators} indicators"),
    "sizePeriods": Text(
        "{units}个评价对象，{indicators}项指标，{periods}个时期",
        "{units} units, {indicators} indicators, {periods} periods",
    ),
    "sizeAlone": Text("一个评价对象，{indicators}项指标", "one unit, {indicators} indicators"),
    "language": Text("English", "中文"),
    "theme": Text("配色", "Colours"),
    "auto": Text("随系统", "system"),
    "light": Text("浅色", "light"),
    "dark": Text("深色", "dark"),
    "share": Text("分享此设置", "Share this setting"),
    "link": Text("此设置的链接", "Link to this setting"),
    "copied": Text("链接已复制", "Link copied"),
    "copy": Text("请复制此链接", "Copy this link"),
    "settings": Text("页面设置", "Settings of the page"),
    "noScript": Text(
        "本页须启用 JavaScript 才能计算和显示。", "This page needs JavaScript to compute and show."
    ),
    # -- the leader
    "leads": Text("{unit} 居首", "{unit} leads"),
    "lead": Text("得分 {score}，领先 {second} {gap}", "Score {score}, {gap} ahead of {second}"),
    "leadAlone": Text("得分 {score}", "Score {score}"),
    "tied": Text("{units} 并列第一", "{units} tie for first place"),
    "andMore": Text("{units}和另外{count}个", "{units} and {count} more"),
    "lessThan": Text("不足{step}", "less than {step}"),
    "alone": Text("只有一个评价对象，不作排名。", "There is only one unit, so no ranks."),
    "underDefinition": Text(
        "按定义的权重得分{score}。", "The score under the definition is {score}."
    ),
    "nobody": Text("没有得分", "No scores"),
    "newLeader": Text(
        "榜首变了：{unit} 取代 {old}", "The leader has changed: {unit} in place of {old}"
    ),
    "asDefined": Text("现为定义的权重。", "Weights are those of the definition."),
    "sameRanks": Text(
        "与定义的权重相比，名次都没有变。", "No rank differs from those under the definition."
    ),
    "moved": Text(
        "与定义的权重相比，{count}个对象名次有变，最大变动{most}位（{unit}）。",
        "{count} ranks differ from those under the definition, by up to {most} ({unit}).",
    ),
    # -- parts
    "parts": Text("各部分", "Parts"),
    "ranking": Text("排名", "Ranking"),
    "profile": Text("对象", "Profile"),
    "comparison": Text("比较", "Comparison"),
    "years": Text("历年", "Years"),
    "about": Text("说明", "About"),
    "period": Text("时期", "Period"),
    "unit": Text("评价对象", "Unit"),
    "rank": Text("名次", "Rank"),
    "score": Text("得分", "Score"),
    "change": Text("变动", "Shift"),
    "changeTitle": Text("与定义的权重下的名次之差", "Against the rank under the definition"),
    "interval": Text("名次区间", "Rank interval"),
    "contributions": Text("构成", "Contributions"),
    "find": Text("查找", "Find"),
    "sortBy": Text("排序", "Sort by"),
    "numbers": Text("显示数字", "Show numbers"),
    "descending": Text("降序", "descending"),
    "ascending": Text("升序", "ascending"),
    "rankingCaption": Text("排名与得分构成", "Ranks, and what scores are made of"),
    "shown": Text("显示{count}个，共{all}个", "{count} of {all} shown"),
    "noneFound": Text("没有符合的对象", "No unit found"),
    "up": Text("升{n}位", "up {n}"),
    "down": Text("降{n}位", "down {n}"),
    "same": Text("不变", "unchanged"),
    "withheld": Text("未得分", "no score"),
    "nothingAdds": Text(
        "总指数由“{method}”合成，不能拆成各部分之和；这里列出各部分得分。",
        "The index is put together by {method}, which is no sum of parts; "
        "what is shown is the score of each.",
    ),
    "intervalMoves": Text(
        "名次区间属于定义的权重，不随滑块变。{says}。",
        "Rank intervals are those under the definition and do not move with the sliders. {says}.",
    ),
    "intervalAbsent": Text("没有名次区间：{why}", "No rank intervals: {why}"),
    # -- weights
    "weights": Text("权重", "Weights"),
    "weightsHow": Text(
        "移动滑块，得分和名次随即重算；组内各权重按比例归一。",
        "Move a slider and scores and ranks follow. Weights are rescaled within their group.",
    ),
    "weightsAlone": Text(
        "移动滑块，得分随即重算；组内各权重按比例归一。",
        "Move a slider and the scores follow. Weights are rescaled within their group.",
    ),
    "startFrom": Text("从这组权重开始", "Start from"),
    "definition": Text("按定义", "As defined"),
    "ahp": Text("层次分析法", "AHP"),
    "unjudged": Text(
        "制作本页时没有给出判断矩阵", "no judgements were given when the page was made"
    ),
    "absent": Text("未提供的权重", "Weights that are not offered"),
    "backTo": Text("恢复所选权重", "Undo all moves"),
    "within": Text("组内权重 {share}", "{share} of its group"),
    "movedFrom": Text("，原为{share}", ", was {share}"),
    "openGroup": Text("{count}项指标", "{count} indicators"),
    "off": Text(
        "此处滑块停用：“{node}”由“{method}”合成，本页不能重算，沿用软件算出的值。",
        "Sliders are off here: {node} is put together by {method}, which this page cannot compute; "
        "it keeps the values that the library gave.",
    ),
    "single": Text("仅一项", "only one"),
    "periodic": Text(
        "这组权重逐期不同；滑块显示所选时期，移动后各期都用滑块的值。",
        "These weights differ by period. Sliders show the period chosen; one that is moved holds "
        "for all periods.",
    ),
    "zeroWeights": Text(
        "“{node}”之下权重全为零，无法计算；仍显示上一次结果。",
        "Every weight below {node} is zero, so nothing can be computed; the last result stays.",
    ),
    "notPositive": Text(
        "“{node}”不能合成：{unit} 有一项不大于零；仍显示上一次结果。",
        "{node} cannot be computed: a value of {unit} is not above zero; the last result stays.",
    ),
    # -- profile
    "chooseUnit": Text("选择对象", "Choose a unit"),
    "standing": Text("第{rank}位，共{all}位，得分{score}", "Rank {rank} of {all}, score {score}"),
    "standingInterval": Text("，名次区间{interval}", ", rank interval {interval}"),
    "profileCaption": Text(
        "各部分和指标，与中位数和邻近对象比较", "Parts and indicators beside the median and peers"
    ),
    "item": Text("项目", "Item"),
    "value": Text("原始值", "Value as received"),
    "used": Text("计算用{value}", "{value} used"),
    "normalised": Text("标准化值", "Score"),
    "position": Text("位置", "Where it stands"),
    "median": Text("中位数", "Median"),
    "peers": Text("邻近", "Peers"),
    "peersAre": Text("邻近对象：名次最近的{units}。", "Peers are those nearest in rank: {units}."),
    "middle": Text("中间一半", "middle half"),
    "this": Text("本对象", "this unit"),
    "filled": Text("插补值", "imputed"),
    "missing": Text("缺失", "missing"),
    # -- comparison
    "add": Text("加入对象", "Add a unit"),
    "remove": Text("移去{unit}", "Remove {unit}"),
    "choose": Text("请选择", "choose"),
    "compareHint": Text("最多比较四个对象。", "Up to four units."),
    "compareCaption": Text("所选对象的得分", "Scores of the units chosen"),
    # -- years
    "yearsCaption": Text("各期数值", "Numbers by period"),
    "yearsOf": Text("显示", "Show"),
    "yearsChart": Text(
        "所选对象历年{what}，其余对象为浅线；数字见下表",
        "{what} of the chosen units by period, the others as pale lines; the table below has the "
        "numbers",
    ),
    "incomparable": Text(
        "标准化或权重逐期计算，不同时期的得分不可比，这里只显示名次。",
        "Data were normalised or weighed within each period, so scores of different periods cannot "
        "be compared; ranks are shown.",
    ),
    # -- about
    "madeFrom": Text("由来", "Where this comes from"),
    "notes": Text("须知", "What to know"),
    "unwritten": Text(
        "无：定义含未命名的函数", "none: the definition holds a function without a name"
    ),
    "checked": Text(
        "自检：按定义的权重，本页算出的{all}个得分中{same}个与软件逐位相同，最大相对差{most}。",
        "Self-check: of {all} scores under the definition, {same} equal the library's to the last "
        "bit; the largest relative difference is {most}.",
    ),
    # -- links
    "otherDefinition": Text(
        "链接来自另一份定义，其设置未采用。",
        "The link is of another definition; its setting was not taken.",
    ),
    "otherData": Text(
        "链接来自另一份数据：只采用了权重。",
        "The link is of other data: only its weights were taken.",
    ),
    "otherSet": Text(
        "链接所用的权重“{set}”与本页的不是一回事：权重未采用。",
        "The weights that the link calls {set} are none of this page: they were not taken.",
    ),
    "otherBoth": Text(
        "链接来自另一份数据，所用的权重“{set}”也与本页的不同：其设置未采用。",
        "The link is of other data, with other weights by the name {set}: its setting was not "
        "taken.",
    ),
    "badLink": Text(
        "链接有误，有误之处未采用。", "Parts of the link could not be read and were left out."
    ),
}
